//! The machine against Python itself, and against texts that nobody would write.
//!
//! Programs are generated; a hundred of them go through one `python3`, and each must end as it ends
//! here: the same variables, or the same error. Where there is no `python3` the comparison is
//! skipped, and says so.

#![expect(clippy::unwrap_used, reason = "helpers of tests, as in tests")]

use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use trainyard::vm::{Machine, Pause, Program, RuntimeError, Wrong};

/// Reads programs between zero bytes, prints a line for each. A train is a coroutine, as `await`
/// demands; what its body declares `global` is all that is printed.
const HARNESS: &str = r#"
import sys, threading
from asyncio import sleep
def run(text):
    names = {"a": 0, "b": 0, "c": 0, "lock": threading.Lock(), "sleep": sleep}
    body = "".join("\n    " + line for line in text.split("\n"))
    exec("async def main(train):" + body, names)
    train = names["main"](0)
    try:
        while True: train.send(None)
    except StopIteration:
        values = [int(names[name]) for name in "abc"]
        # Nobody compares what 64 bits do not hold, and Python refuses to write thousands of digits.
        return " ".join(str(value) if abs(value) < 2 ** 64 else "large" for value in values)
    except ZeroDivisionError:
        return "ZeroDivisionError"
for text in sys.stdin.read().split("\0"):
    print(run(text))
"#;

/// Generated loops are short, but stand in each other; and a text at random may loop for ever.
const INSTRUCTIONS_MAX: usize = 100_000;

/// What Python's line would be; `None` where 64 bits are not enough and Python has more.
fn ours(text: &str) -> Option<String> {
    let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let memory = vec![Cell::new(0); program.words().len()];
    let mut machine = Machine::new(&program, 0);
    match run_bounded(&mut machine, &program, &memory) {
        Ok(Pause::Ended) => {
            let values: Vec<String> =
                memory[..3].iter().map(|word| word.get().to_string()).collect();
            Some(values.join(" "))
        }
        Ok(pause) => panic!("{text}\n{pause:?}"),
        Err(error) if error.wrong == Wrong::Overflow => None,
        Err(error) => {
            assert_eq!(error.wrong, Wrong::DivisionByZero, "{text}");
            Some("ZeroDivisionError".to_owned())
        }
    }
}

/// Goes on until the end, over every `await`; stops when it has gone on for too long.
fn run_bounded(
    machine: &mut Machine,
    program: &Program,
    memory: &[Cell<i64>],
) -> Result<Pause, RuntimeError> {
    let mut left = INSTRUCTIONS_MAX;
    loop {
        let pause = machine.run(program, memory, |_| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if pause != Pause::Awaiting {
            return Ok(pause);
        }
    }
}

/// One line for each program; `None` without a `python3`.
fn pythons(programs: &[String]) -> Option<Vec<String>> {
    let mut python = Command::new("python3")
        .args(["-c", HARNESS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    // Python reads all of it before it prints.
    python.stdin.take().unwrap().write_all(programs.join("\0").as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the harness failed, see above");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

/// `@` stands for the variable of the nearest loop, or for `b` outside of loops.
fn expression() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        8 => (-9_i64..10).prop_map(|number| format!("({number})")),
        1 => any::<i32>().prop_map(|number| format!("({number})")),
    ];
    let name = select(vec!["a", "b", "c", "@"]).prop_map(str::to_owned);
    prop_oneof![number, name].prop_recursive(4, 16, 3, |inner| {
        let operators = ["+", "-", "*", "//", "%", "<", "<=", "==", "!=", ">", ">=", "and", "or"];
        let pair = (inner.clone(), select(operators.to_vec()), inner.clone());
        prop_oneof![
            6 => pair.prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            1 => inner.clone().prop_map(|inner| format!("(not {inner})")),
            1 => inner.clone().prop_map(|inner| format!("(-{inner})")),
            1 => (inner.clone(), inner).prop_map(|(one, other)| format!("mix({one}, {other})")),
        ]
    })
}

fn statement() -> impl Strategy<Value = Vec<String>> {
    let simple = prop_oneof![
        4 => (select(vec!["a", "b", "c"]), select(vec!["=", "+=", "-=", "*=", "//=", "%="]), expression())
            .prop_map(|(name, operator, value)| vec![format!("{name} {operator} {value}")]),
        1 => Just(vec!["await sleep(0)".to_owned()]),
        1 => expression().prop_map(|argument| vec![format!("bump({argument})")]),
        1 => Just(vec!["pass".to_owned()]),
    ];
    simple.prop_recursive(3, 20, 3, |inner| {
        let block = vec(inner, 1..4).prop_map(|blocks| blocks.concat());
        prop_oneof![
            (expression(), block.clone(), block.clone()).prop_map(
                |(condition, then, otherwise)| {
                    let head = (format!("if {condition}:"), "else:".to_owned());
                    [vec![head.0], indented(&then), vec![head.1], indented(&otherwise)].concat()
                }
            ),
            (-4_i64..8, -2_i64..8, select(vec![-2_i64, -1, 1, 3]), block.clone())
                .prop_map(|(start, stop, by, body)| looped(&body, start, stop, by)),
            (expression(), 0..4, block.clone()).prop_map(|(condition, turns, body)| {
                // Its own variable bounds it, whatever the condition does.
                let turn = format!("turn{}", depth(&body));
                let head =
                    [format!("{turn} = 0"), format!("while {turn} < {turns} and {condition}:")];
                [head.to_vec(), indented(&[format!("{turn} += 1")]), indented(&body)].concat()
            }),
            block.prop_map(|body| {
                let calm = body.iter().all(|line| !line.trim_start().starts_with("with "));
                let head = if calm { "with lock:" } else { "if 1:" };
                [vec![head.to_owned()], indented(&body)].concat()
            }),
        ]
    })
}

fn indented(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("  {line}")).collect()
}

/// How far the deepest line is indented: a number for what is around it, different in each loop.
fn depth(body: &[String]) -> usize {
    body.iter().map(|line| line.len() - line.trim_start().len()).max().unwrap_or(0)
}

fn looped(body: &[String], start: i64, stop: i64, by: i64) -> Vec<String> {
    let variable = format!("i{}", depth(body));
    let head = format!("for {variable} in range({start}, {stop}, {by}):");
    let body: Vec<String> = body.iter().map(|line| line.replace('@', &variable)).collect();
    [vec![head], indented(&body)].concat()
}

fn program() -> impl Strategy<Value = String> {
    (expression(), vec(statement(), 1..6)).prop_map(|(mixed, statements)| {
        let mixed = mixed.replace("mix(", "min2(").replace('@', "q");
        let head = [
            "global a, b, c".to_owned(),
            "def min2(p, q):".to_owned(),
            "  if p < q: return p".to_owned(),
            "  return q".to_owned(),
            format!("def mix(p, q): return {mixed}"),
            "def bump(by):".to_owned(),
            "  global c".to_owned(),
            "  c += by".to_owned(),
        ];
        [head.to_vec(), statements.concat()].concat().join("\n").replace('@', "b")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_program_ends_here_as_it_ends_in_python(programs in vec(program(), 100)) {
        let Some(theirs) = pythons(&programs) else {
            println!("skipped: no python3");
            return Ok(());
        };
        prop_assert_eq!(theirs.len(), programs.len());
        let mut compared = 0;
        for (text, theirs) in programs.iter().zip(theirs) {
            let Some(ours) = ours(text) else { continue };
            compared += 1;
            prop_assert_eq!(ours, theirs, "{}", text);
        }
        // Most of them fit into 64 bits, or nothing was shown.
        prop_assert!(compared * 2 >= programs.len(), "{} of {}", compared, programs.len());
    }
}

/// Compiles whatever it is, and runs what compiles: [VM-2], sound code does not panic.
fn try_out(text: &str) {
    let Ok(program) = Program::compile(text) else { return };
    let memory = vec![Cell::new(0); program.words().len()];
    let mut machine = Machine::new(&program, 0);
    drop(run_bounded(&mut machine, &program, &memory));
    assert!(!program.to_string().is_empty());
}

const WORDS: [&str; 46] = [
    "x",
    "y",
    "a",
    "i",
    "f",
    "train",
    "0",
    "1",
    "7",
    "9223372036854775807",
    "=",
    "+=",
    "-=",
    "//=",
    "==",
    "<",
    "+",
    "-",
    "*",
    "//",
    "%",
    "(",
    ")",
    ":",
    ",",
    ";",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "if",
    "elif",
    "else",
    "while",
    "for",
    "in",
    "range",
    "def",
    "return",
    "with",
    "await",
    "sleep",
    "global",
    "and",
    "or",
    "not",
];

/// Fragments that fit together more often than words do.
const LINES: [&str; 16] = [
    "x = x + 1",
    "x += y",
    "global x",
    "if x:",
    "else:",
    "while y < 3:",
    "for i in range(3):",
    "  x = i",
    "  y += 1",
    "    x = f(x)",
    "def f(a):",
    "  return a * 2",
    "with m:",
    "pass",
    "await sleep(0)",
    "  if x < 2: return x",
];

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(text in any::<String>()) {
        try_out(&text);
    }

    #[test]
    fn no_order_of_its_words_makes_it_panic(words in vec(select(WORDS.to_vec()), 0..60)) {
        try_out(&words.join(" "));
    }

    #[test]
    fn no_order_of_lines_makes_it_panic(lines in vec(select(LINES.to_vec()), 0..30)) {
        try_out(&lines.join("\n"));
    }
}
