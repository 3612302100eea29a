//! The machine as a whole: programs and their results, refusals, listings, steps.

use std::cell::Cell;
use std::sync::atomic::AtomicI64;

use super::{Instruction, Machine, Pause, Place, Program, Wrong};

/// Runs a program as one train, and returns its variables.
#[track_caller]
fn run(text: &str) -> Result<Vec<(String, i64)>, Wrong> {
    let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let memory = vec![Cell::new(0); program.words().len()];
    let mut machine = Machine::new(&program, 0);
    let pause = machine.finish(&program, &memory[..]).map_err(|error| error.wrong)?;
    assert_eq!(pause, Pause::Ended, "{text}");
    assert_eq!(machine.next(&program), None);
    let names = program.words().iter().map(|word| word.name.clone());
    Ok(names.zip(memory.iter().map(Cell::get)).collect())
}

#[track_caller]
fn check_result(text: &str, expected: i64) {
    let words = run(text).unwrap_or_else(|wrong| panic!("{text}\n{wrong}"));
    assert_eq!(words[0].1, expected, "{text}: {words:?}");
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let error = Program::compile(text).expect_err(text).to_string();
    assert!(error.starts_with(expected), "{text:.80}\n{error}\n{expected}");
}

#[test]
fn expressions_have_pythons_values() {
    for (expression, value) in [
        ("2 + 3 * 4 - 1", 13),
        ("(2 + 3) * 4", 20),
        ("-7 // 2", -4),
        ("7 // -2", -4),
        ("-7 % 3", 2),
        ("7 % -3", -2),
        ("10 - 4 - 3", 3),
        ("--5", 5),
        ("1 < 2", 1),
        ("2 <= 1", 0),
        ("not 0 == 1", 1),
        ("0 or 7", 7),
        ("3 and 0 or 9", 9),
        ("5 and 6", 6),
        ("1_000 + 0", 1000),
    ] {
        check_result(&format!("x = {expression}"), value);
    }
}

#[test]
fn loops_conditions_and_functions_do_what_they_say() {
    check_result("for i in range(5): x += i", 10);
    check_result("for i in range(10, 0, -3):\n    x = x * 100 + i", 10_070_401);
    check_result("for i in range(0): x = 1\nx += 2", 2);
    check_result("while x < 7:\n    x += 3\n", 9);
    check_result("x = 5\nif x < 3: x = 1\nelif x < 6: x = 2\nelse: x = 3", 2);
    check_result("def add(c): return c + 1\nx = add(add(x))", 2);
    check_result(
        "def fib(n):\n  if n < 2: return n\n  return fib(n - 1) + fib(n - 2)\nx = fib(15)",
        610,
    );
    check_result("x = 1\ndef bump(by):\n  global x\n  x += by\nbump(4); bump(5)", 10);
    check_result("global x\nfor i in range(3):\n  copy = x\n  await sleep(0)\n  x = copy + 1", 3);
    check_result("x = train + 1\nwith a:\n  x += 1", 2);
    let leaves_early = "def first(n):\n  for i in range(n):\n    with a:\n      if i == 2: return i * 10\n  return 0";
    check_result(&format!("x = 0\n{leaves_early}\nx = first(5) + first(2) + first(3)"), 40);
}

#[test]
fn what_does_not_fit_is_an_error_and_never_a_wrap() {
    for (text, wrong) in [
        ("x = 9223372036854775807 + 1", Wrong::Overflow),
        ("x = -9223372036854775807 - 2", Wrong::Overflow),
        ("x = 4294967296 * 2147483648", Wrong::Overflow),
        ("x = (-9223372036854775807 - 1) // -1", Wrong::Overflow),
        ("x = -(-9223372036854775807 - 1)", Wrong::Overflow),
        ("x = 1 // 0", Wrong::DivisionByZero),
        ("x = 1 % (x - x)", Wrong::DivisionByZero),
        ("for i in range(0, 1, 0): x = 1", Wrong::StepOfZero),
        ("def deep(n): return deep(n + 1)\nx = deep(0)", Wrong::Recursion),
        ("with a:\n  with a: x = 1", Wrong::OwnLock),
    ] {
        assert_eq!(run(text), Err(wrong), "{text}");
    }
    check_result("x = (-9223372036854775807 - 1) % -1", 0);
    let widest =
        "for i in range(-9223372036854775807 - 1, 9223372036854775807, 9223372036854775807):";
    check_result(&format!("{widest} x += 1"), 3);
}

#[test]
fn an_error_names_the_line() {
    let program = Program::compile("x = 1\n\nif x:\n    x = x // 0\n").unwrap();
    let memory = [Cell::new(0)];
    let error = Machine::new(&program, 0).finish(&program, &memory[..]).unwrap_err();
    assert_eq!(error.to_string(), "line 4: division by zero");
}

#[test]
fn a_refusal_says_where_and_what_to_write_instead() {
    for (text, expected) in [
        ("", "line 1, column 1: there is no program; try `x = x + 1`"),
        ("x = 1 / 2", "line 1, column 7: '/' makes fractions; write '//'"),
        ("x = 2 ** 3", "line 1, column 7: '**' is not in the subset; write a product"),
        ("x++", "line 1, column 2: there is no '++'; write `x += 1`"),
        ("x", "line 1, column 2: expected '=' after 'x', as in `x = 1`"),
        ("if x = 1: x = 2", "line 1, column 6: '=' assigns; write '==' to compare"),
        ("x = a < b < c", "line 1, column 11: one comparison at a time; write `a < b and b < c`"),
        ("while x < 3\n  x += 1", "line 1, column 12: expected ':' to open the block of 'while'"),
        ("if x:\nx = 1", "line 2, column 1: indent the block of 'if'"),
        ("x = 1\n  y = 2", "line 2, column 3: this line is indented and nothing opened"),
        ("if x:\n    y = 1\n  z = 2", "line 3, column 3: no line above is indented like"),
        ("if x:\n\ty = 1", "line 2, column 1: a tab; write spaces"),
        ("x = 9223372036854775808", "line 1, column 5: this number is too large"),
        ("x = 007", "line 1, column 5: a number does not begin with 0"),
        ("x = 1.5", "line 1, column 6: '.' is not in the subset: numbers are whole"),
        ("x = 'one'", "line 1, column 5: there are no texts"),
        ("x = é", "line 1, column 5: 'é' has no meaning here"),
        ("x, y = 1", "line 1, column 2: one variable at a time; write `x = …`"),
        ("x = y = 1", "line 1, column 7: one '=' a statement"),
        ("for i in x: y = 1", "line 1, column 10: expected `in range(…)`"),
        ("for i in range(): y = 1", "line 1, column 15: a range has one to three"),
        ("x = True", "line 1, column 5: there are only numbers; write 1 for True"),
        ("import os", "line 1, column 1: there is no 'import'; a program has whole numbers"),
        ("x = f(1)", "line 1, column 5: no function 'f' above this line; `def f(…):` makes one"),
        ("def f(a): return a\nx = f()", "line 2, column 5: 'f' takes 1 arguments, not 0"),
        ("def f(a): pass\nx = f(1)", "line 2, column 5: 'f' does not always return a value"),
        ("def f(): x += 1\nf()", "line 1, column 10: 'x' may not be set here; set it first, or"),
        ("global x\nx = y\ny = 1", "line 2, column 5: 'y' may not be set here"),
        ("for i in range(x): x = 1\nx = i", "line 2, column 5: 'i' may not be set here"),
        ("x = 1\nglobal x", "line 2, column 1: put 'global' at the top"),
        ("if x:\n  def f(): pass", "line 2, column 3: move this function out of the block"),
        ("return 1", "line 1, column 1: 'return' stands in a function"),
        ("def f():\n  await sleep(0)\nf()", "line 2, column 3: 'await' stands in the train's"),
        ("await x", "line 1, column 1: the one thing to wait for is `await sleep(0)`"),
        ("with x: x = 1", "line 1, column 9: 'x' is a lock and a variable; use two names"),
        ("train = 1", "line 1, column 1: 'train' is this train's number"),
        ("def f(): return i\nfor i in range(2): x = f()", "line 1, column 17: 'i' is the train's"),
    ] {
        check_refused(text, expected);
    }
}

#[test]
fn what_is_nested_or_chained_without_end_is_refused_and_does_not_overflow() {
    check_refused(&format!("x = {}1", "(".repeat(10_000)), "line 1, column 55: this is nested");
    check_refused(&format!("x = 1{}", " + 1".repeat(2_000)), "line 1, column 2007: this is too");
    check_refused(&format!("x = {}1", "-".repeat(9_000)), "line 1, column 505: this is too long");
    check_refused(&"x = 1\n".repeat(4_000), "line 1, column 1: more than 16384 bytes");
    let stairs: Vec<String> = (0..80).map(|depth| " ".repeat(depth) + "if x:").collect();
    check_refused(&stairs.join("\n"), "line 51, column 54: this is nested too deep");
}

#[test]
fn a_listing_reads_like_pythons() {
    let program = Program::compile(
        "def add(c): return c + 1\nfor i in range(3): x = add(x)\nif x > 3 and x: x -= 1",
    );
    let expected = "  1          RESUME
  2          LOAD_CONST           0
             LOAD_CONST           3
             LOAD_CONST           1
             GET_ITER
        L1:  FOR_ITER             to L2
             STORE_FAST           i
             LOAD_GLOBAL          x
             CALL                 add
             STORE_GLOBAL         x
             JUMP_BACKWARD        to L1
        L2:  END_FOR
  3          LOAD_GLOBAL          x
             LOAD_CONST           3
             COMPARE_OP           >
             COPY
             POP_JUMP_IF_FALSE    to L3
             POP_TOP
             LOAD_GLOBAL          x
        L3:  POP_JUMP_IF_FALSE    to L4
             LOAD_GLOBAL          x
             LOAD_CONST           1
             BINARY_OP            -=
             STORE_GLOBAL         x
        L4:  RETURN_CONST         None

Disassembly of add:
  1          RESUME
             LOAD_FAST            c
             LOAD_CONST           1
             BINARY_OP            +
             RETURN_VALUE
";
    assert_eq!(program.unwrap().to_string(), expected);
}

/// Without the barrier in `Body::emit` the load would be fused into the one that a jump leads over.
#[test]
fn nothing_is_fused_over_a_place_that_a_jump_leads_to() {
    let text = "global x\na = 0; b = 5\nx = (a and b) + b";
    let program = Program::compile(text).unwrap();
    assert!(program.to_string().contains("LOAD_FAST            b\n"), "{program}");
    check_result(text, 5);
    let fused = Program::compile("global x\na = 3; b = 4\nx = a + b").unwrap();
    assert!(fused.to_string().contains("LOAD_FAST_LOAD_FAST  a, b\n"), "{fused}");
}

#[test]
fn a_switch_between_load_and_store_loses_an_update() {
    let program = Program::compile("x = x + 1").unwrap();
    let memory = [AtomicI64::new(0)];
    let mut trains = [Machine::new(&program, 0), Machine::new(&program, 1)];
    for _ in 0..2 {
        assert_eq!(trains[0].step(&program, &memory[..]), Ok(Pause::Stopped));
    }
    assert_eq!(trains[0].top(), Some(0));
    assert_eq!(trains[1].finish(&program, &memory[..]), Ok(Pause::Ended));
    assert_eq!(memory[0].load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(trains[0].finish(&program, &memory[..]), Ok(Pause::Ended));
    assert_eq!(memory[0].load(std::sync::atomic::Ordering::Relaxed), 1, "one of two is lost");
}

#[test]
fn a_taken_lock_blocks_until_its_owner_gives_it_back() {
    let program = Program::compile("with a:\n  x += 1").unwrap();
    let memory = [Cell::new(0), Cell::new(0)];
    let mut trains = [Machine::new(&program, 0), Machine::new(&program, 1)];
    for _ in 0..3 {
        let _pause = trains[0].step(&program, &memory[..]).unwrap();
    }
    let blocked = Ok(Pause::Blocked { lock: 0, owner: 0 });
    assert_eq!(trains[1].finish(&program, &memory[..]), blocked);
    let before = trains[1].clone();
    assert_eq!(trains[1].finish(&program, &memory[..]), blocked);
    assert_eq!(trains[1], before, "a lock that is not got changes nothing");
    assert_eq!(trains[0].finish(&program, &memory[..]), Ok(Pause::Ended));
    assert_eq!(trains[1].finish(&program, &memory[..]), Ok(Pause::Ended));
    assert_eq!(memory.map(|word| word.get()), [0, 2]);
}

/// [VM-1]: what is left above the stack does not make two machines differ.
/// Fails without `Machine::give_locks_back`.
#[test]
fn an_error_leaves_every_with_and_takes_no_lock_from_another_train() {
    let program = Program::compile("with a:\n  with b:\n    x = 1 // x\nwith c: pass").unwrap();
    let memory = vec![Cell::new(0); program.words().len()];
    let word = |name: &str| program.words().iter().position(|word| word.name == name).unwrap();
    memory[word("c")].set(1);
    let mut machine = Machine::new(&program, 1);
    let error = machine.finish(&program, &memory[..]).unwrap_err();
    assert_eq!(error.wrong, Wrong::DivisionByZero);
    assert_eq!(["a", "b", "c"].map(|name| memory[word(name)].get()), [0, 0, 1]);
}

#[test]
fn machines_that_do_the_same_from_here_on_are_equal() {
    let program = Program::compile("x = 1 + 1\nx = x").unwrap();
    let (one, other) = ([Cell::new(0)], [Cell::new(0)]);
    let mut machine = Machine::new(&program, 0);
    let mut same = Machine::new(&program, 0);
    for _ in 0..5 {
        let _pause = machine.step(&program, &one[..]).unwrap();
        let _pause = same.step(&program, &other[..]).unwrap();
    }
    assert_eq!(machine, same);
    let _pause = machine.step(&program, &one[..]).unwrap();
    assert_ne!(machine, same);
}

#[test]
fn a_check_point_stands_at_the_end_of_a_turn_and_at_the_beginning_of_a_function() {
    let places = |text| {
        let program = Program::compile(text).unwrap();
        let all: Vec<Instruction> =
            program.functions().iter().flat_map(|function| function.code().to_vec()).collect();
        let count = |place| all.iter().filter(|what| what.place() == place).count();
        (count(Place::Call), count(Place::BackEdge))
    };
    assert_eq!(places("x = x + 1"), (1, 0));
    assert_eq!(places("for i in range(3): x += 1"), (1, 1));
    assert_eq!(places("def add(c): return c + 1\nwhile x < 3: x = add(x)"), (2, 1));
}

#[test]
fn a_repeated_program_does_its_body_that_often() {
    let program = Program::compile_repeated("def f(): return 2\nx += f()", 5).unwrap();
    let memory = [Cell::new(0)];
    assert_eq!(Machine::new(&program, 0).finish(&program, &memory[..]), Ok(Pause::Ended));
    assert_eq!(memory[0].get(), 10);
}
