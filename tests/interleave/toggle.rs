//! Stopping the world: how the lock is switched on and off while trains run.
//!
//! # The life of one change
//!
//! Two trains come to run, look once whether they are asked to stop, and leave; one that was
//! asked comes back and runs once more. The toggler stops them, waits until none runs, changes the
//! mode, and lets them go on; or its patience ends, and it lets them go on as they were. The
//! steps are those of `src/threads/kernel/`: `world.rs`, `lock.rs` and the status word of
//! `thread.rs`. That word is changed outside the mutex, so each of its changes is a step.
//!
//! The twins: a toggler that does not wait for those who run; one that wakes nobody when the
//! world goes on; a train that leaves without telling; one that tells without the mutex, when the
//! toggler has looked and does not sleep yet; one that does not look at the mode again once it is
//! in.

use trainyard::interleave::{Action, Explorer, Step, ensure};

/// Who may be inside the mutex: a train, or the toggler.
const TOGGLER: usize = 2;

/// A train, as the lock sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "the bits of two words, and a train's memory")]
struct Train {
    // Its status word.
    is_attached: bool,
    is_stopped: bool,
    // Its breaker.
    is_asked: bool,
    is_asleep: bool,
    /// It was asked, and comes back.
    comes_back: bool,
    /// It came in under the lock.
    has_the_lock: bool,
    // Only for the rules:
    runs_free: bool,
}

/// The world, and what each train remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags, as in the lock")]
pub(crate) struct World {
    /// Who is inside the mutex `state` from one step to the next.
    state: Option<usize>,
    is_on: bool,
    is_locked: bool,
    stands_still: bool,
    trains: [Train; 2],
    toggler_is_asleep: bool,
    patience_is_over: bool,
    // Only for the rules:
    changed_under_a_train: bool,
}

impl World {
    fn may_enter(&self, me: usize) -> bool {
        self.state.is_none_or(|inside| inside == me)
    }

    fn wake_trains(&mut self) {
        self.trains.iter_mut().for_each(|train| train.is_asleep = false);
    }

    fn somebody_runs(&self) -> bool {
        self.trains.iter().any(|train| train.is_attached)
    }
}

fn look_at_mode<const ME: usize>(world: &mut World) -> Step {
    Step::Goto(if world.is_on { "take-turn" } else { "enter-free" })
}

/// Changes the status word, if nobody has stopped this train.
fn enter_free<const ME: usize>(world: &mut World) -> Step {
    let train = &mut world.trains[ME];
    if train.is_stopped {
        return Step::Goto("wait-until-resumed");
    }
    train.is_attached = true;
    Step::Next
}

fn look_again<const ME: usize>(world: &mut World) -> Step {
    if world.is_on {
        world.trains[ME].comes_back = true;
        return Step::Goto("exit");
    }
    run_free::<ME>(world)
}

fn run_free<const ME: usize>(world: &mut World) -> Step {
    world.trains[ME].runs_free = true;
    Step::Goto("look-for-a-stop")
}

fn wait_until_resumed<const ME: usize>(world: &mut World) -> Step {
    if world.trains[ME].is_asleep || !world.may_enter(ME) {
        return Step::Blocked;
    }
    if world.stands_still {
        world.trains[ME].is_asleep = true;
        return Step::Goto("wait-until-resumed");
    }
    Step::Goto("look-at-mode")
}

fn take_turn<const ME: usize>(world: &mut World) -> Step {
    if world.trains[ME].is_asleep || !world.may_enter(ME) {
        return Step::Blocked;
    }
    if !world.is_on {
        return Step::Goto("look-at-mode");
    }
    if world.is_locked || world.stands_still {
        world.trains[ME].is_asleep = true;
        return Step::Goto("take-turn");
    }
    world.is_locked = true;
    world.trains[ME].is_attached = true;
    world.trains[ME].has_the_lock = true;
    Step::Goto("look-for-a-stop")
}

fn look_for_a_stop<const ME: usize>(world: &mut World) -> Step {
    let train = &mut world.trains[ME];
    train.comes_back = train.is_asked;
    Step::Goto(if train.has_the_lock { "leave-turn" } else { "exit" })
}

/// Under the mutex: the lock is free, whoever stops the world is told, a waiter is called.
fn leave_turn<const ME: usize>(world: &mut World) -> Step {
    if !world.may_enter(ME) {
        return Step::Blocked;
    }
    world.is_locked = false;
    let train = &mut world.trains[ME];
    (train.is_attached, train.has_the_lock) = (false, false);
    if train.is_stopped {
        world.toggler_is_asleep = false;
    } else {
        world.wake_trains();
    }
    come_back_or_end::<ME>(world)
}

fn exit<const ME: usize>(world: &mut World) -> Step {
    (world.trains[ME].is_attached, world.trains[ME].runs_free) = (false, false);
    if world.trains[ME].is_stopped { Step::Next } else { come_back_or_end::<ME>(world) }
}

fn tell_the_stopper<const ME: usize>(world: &mut World) -> Step {
    if !world.may_enter(ME) {
        return Step::Blocked;
    }
    tell_without_the_mutex::<ME>(world)
}

fn say_nothing<const ME: usize>(world: &mut World) -> Step {
    if world.may_enter(ME) { come_back_or_end::<ME>(world) } else { Step::Blocked }
}

fn tell_without_the_mutex<const ME: usize>(world: &mut World) -> Step {
    world.toggler_is_asleep = false;
    come_back_or_end::<ME>(world)
}

fn come_back_or_end<const ME: usize>(world: &mut World) -> Step {
    if std::mem::take(&mut world.trains[ME].comes_back) {
        return Step::Goto("look-at-mode");
    }
    Step::Done
}

fn mark_stopped(world: &mut World) -> Step {
    if !world.may_enter(TOGGLER) {
        return Step::Blocked;
    }
    world.state = Some(TOGGLER);
    world.stands_still = true;
    Step::Next
}

fn raise_stop<const TRAIN: usize>(world: &mut World) -> Step {
    let train = &mut world.trains[TRAIN];
    train.is_stopped = true;
    train.is_asked |= train.is_attached;
    Step::Next
}

fn look_who_runs(world: &mut World) -> Step {
    if !world.somebody_runs() {
        return Step::Goto("change-mode");
    }
    if world.patience_is_over {
        return Step::Goto("lower-stop");
    }
    Step::Next
}

fn fall_asleep_until_halted(world: &mut World) -> Step {
    world.toggler_is_asleep = true;
    world.state = None;
    Step::Next
}

fn wake_up(world: &mut World) -> Step {
    let sleeps = world.toggler_is_asleep && !world.patience_is_over;
    if sleeps || !world.may_enter(TOGGLER) {
        return Step::Blocked;
    }
    world.toggler_is_asleep = false;
    world.state = Some(TOGGLER);
    Step::Goto("look-who-runs")
}

fn change_mode(world: &mut World) -> Step {
    world.changed_under_a_train |= world.somebody_runs();
    world.is_on = !world.is_on;
    Step::Next
}

fn lower_stop<const TRAIN: usize>(world: &mut World) -> Step {
    world.stands_still = false;
    let train = &mut world.trains[TRAIN];
    (train.is_stopped, train.is_asked) = (false, false);
    Step::Next
}

fn wake_everybody(world: &mut World) -> Step {
    world.wake_trains();
    wake_nobody(world)
}

fn wake_nobody(world: &mut World) -> Step {
    world.state = None;
    Step::Done
}

fn end_patience(world: &mut World) -> Step {
    world.patience_is_over = true;
    Step::Done
}

type Steps = Vec<(&'static str, Action<World>)>;

fn train<const ME: usize>() -> Steps {
    vec![
        ("look-at-mode", look_at_mode::<ME>),
        ("enter-free", enter_free::<ME>),
        ("look-at-mode-again", look_again::<ME>),
        ("wait-until-resumed", wait_until_resumed::<ME>),
        ("take-turn", take_turn::<ME>),
        ("look-for-a-stop", look_for_a_stop::<ME>),
        ("leave-turn", leave_turn::<ME>),
        ("exit", exit::<ME>),
        ("tell-the-stopper", tell_the_stopper::<ME>),
    ]
}

fn toggler() -> Steps {
    vec![
        ("mark-stopped", mark_stopped),
        ("raise-stop", raise_stop::<0>),
        ("raise-next-stop", raise_stop::<1>),
        ("look-who-runs", look_who_runs),
        ("sleep-until-halted", fall_asleep_until_halted),
        ("wake-up-halted", wake_up),
        ("change-mode", change_mode),
        ("lower-stop", lower_stop::<0>),
        ("lower-next-stop", lower_stop::<1>),
        ("wake-everybody", wake_everybody),
    ]
}

/// The mode before the change.
#[derive(Clone, Copy)]
pub(crate) enum Before {
    On,
    Off,
}

fn with(before: Before, trains: &[Steps; 2], toggler: &Steps) -> Explorer<World> {
    let is_on = matches!(before, Before::On);
    Explorer::new(World { is_on, ..World::default() })
        .script("A", &trains[0])
        .script("B", &trains[1])
        .script("toggler", toggler)
}

/// The same script with another act at one step.
fn with_step(mut steps: Steps, name: &str, action: Action<World>) -> Steps {
    let step = steps.iter_mut().find(|(known, _)| *known == name);
    step.expect("a twin differs at a step that exists").1 = action;
    steps
}

/// The change as it is; it may also fail.
pub(crate) fn correct(before: Before) -> Explorer<World> {
    with(before, &[train::<0>(), train::<1>()], &toggler())
        .script("patience", &[("end-patience", end_patience)])
}

/// The first twin: the toggler takes those who run for halted.
pub(crate) fn waits_for_nobody() -> Explorer<World> {
    let toggler = with_step(toggler(), "look-who-runs", |_| Step::Goto("change-mode"));
    with(Before::Off, &[train::<0>(), train::<1>()], &toggler)
}

/// The second twin: the world goes on, and those who sleep are not woken.
pub(crate) fn forgets_to_wake() -> Explorer<World> {
    let toggler = with_step(toggler(), "wake-everybody", wake_nobody);
    with(Before::On, &[train::<0>(), train::<1>()], &toggler)
}

/// The third twin: a train leaves, and says nothing.
pub(crate) fn leaves_without_a_word() -> Explorer<World> {
    let trains = [
        with_step(train::<0>(), "tell-the-stopper", say_nothing::<0>),
        with_step(train::<1>(), "tell-the-stopper", say_nothing::<1>),
    ];
    with(Before::Off, &trains, &toggler())
}

/// The fourth twin: it says so without the mutex.
pub(crate) fn tells_too_early() -> Explorer<World> {
    let trains = [
        with_step(train::<0>(), "tell-the-stopper", tell_without_the_mutex::<0>),
        with_step(train::<1>(), "tell-the-stopper", tell_without_the_mutex::<1>),
    ];
    with(Before::Off, &trains, &toggler())
}

/// The fifth twin: who found the lock off before it came in does not look again.
pub(crate) fn trusts_its_first_look() -> Explorer<World> {
    let trains = [
        with_step(train::<0>(), "look-at-mode-again", run_free::<0>),
        with_step(train::<1>(), "look-at-mode-again", run_free::<1>),
    ];
    with(Before::Off, &trains, &toggler())
}

pub(crate) const UNDER_A_TRAIN: &str = "the mode changes while no train runs";
pub(crate) const WITHOUT_THE_LOCK: &str = "no train runs without a lock that is on";

/// Must hold in every state.
pub(crate) fn always(world: &World) -> Result<(), &'static str> {
    ensure(!world.changed_under_a_train, UNDER_A_TRAIN)?;
    let [a, b] = &world.trains;
    ensure(!(a.has_the_lock && b.has_the_lock), "one train has the lock")?;
    ensure(!world.is_on || !(a.runs_free || b.runs_free), WITHOUT_THE_LOCK)
}

/// Must hold once every script is done.
pub(crate) fn finally(world: &World) -> Result<(), &'static str> {
    let settled = world.trains == [Train::default(); 2] && !world.stands_still;
    ensure(settled && !world.is_locked, "nothing of the change stays behind")
}
