//! A function call that crosses to another process of the same program.
//!
//! # The life of one call
//!
//! 1. In the parent, [`Target::of`] takes a `fn(A) -> R` and writes down two offsets: of the
//!    function, and of a [`Stub`] that the compiler made for this very pair (A, R).
//! 2. The offsets travel with the encoded argument.
//! 3. In the worker, [`Target::resolve`] adds its own base to both and looks where they lead.
//! 4. [`Call::run`] jumps into the stub, which decodes an A, calls the function with it, and
//!    encodes the R.
//!
//! # Invariants
//!
//! - **CALL-1** A function and its stub travel together, as [`Target::of`] paired them: the types
//!   on both sides of the stub are those of the function.
//! - **CALL-2** Offsets come from a process that runs the same file; the handshake has compared
//!   their identities before the first of them is looked at.
//! - **CALL-3** Nothing is jumped to, and no stub is read, before it was seen to lie in code or in
//!   constants of this program's file, and the stub to begin with its magic word.
//!
//! # Why this is sound
//!
//! By CALL-2 both processes hold the same bytes at the same offset, so what was a function of type
//! `fn(A) -> R` there is one here. Rust has no words for this: a function pointer that is made of
//! a number is taken on trust. CALL-3 makes a broken promise an error instead of a wild jump, for
//! every breach but one: a parent that sends another function's offset on purpose. The parent is
//! this program, and the only place that makes a [`Target`] is below.
//!
//! # Not here
//!
//! Functions of shared libraries, and code made at run time: they have no offset in the file, and
//! [`Target::of`] says so.
//!
//! Read next: [`child`](crate::procs::kernel::child).
#![expect(unsafe_code, reason = "calls a function whose address came as a number")]

pub(crate) mod image;

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::image::{Image, Offset};
use super::kernel::frame;
use super::kernel::wire::{Reader, Wire, WireError, Writer, decode};
use crate::handle::JobError;

/// What a call came to: the frame's payload, or why there is none.
pub(crate) enum Outcome {
    /// The function returned; its answer is written.
    Answer(Writer),
    /// The argument could not be read back.
    Refused(String),
    /// It panicked.
    Panicked(String),
}

/// The code that knows the types of one kind of function. One for each pair (A, R), in the
/// program's constants.
#[repr(C)]
struct Stub {
    magic: u64,
    call: StubCall,
}

/// # Safety
///
/// The first argument is a function of the types that the stub was made for.
type StubCall = unsafe fn(*const (), &[u8]) -> Outcome;

/// Says "a stub of Trainyard": an offset that leads elsewhere will not find it there by chance.
const MAGIC: u64 = 0x57ab_7a11_0ad5_c0de;

/// Carries the stub of `fn(A) -> R`.
struct Stubs<A, R>(PhantomData<fn(A) -> R>);

impl<A: Wire, R: Wire> Stubs<A, R> {
    const STUB: &'static Stub = &Stub { magic: MAGIC, call: call::<A, R> };
}

/// The stub of `fn()`.
static PLAIN_STUB: Stub = Stub { magic: MAGIC, call: call_plain };

/// # Safety
///
/// `function` is a `fn(A) -> R`.
unsafe fn call<A: Wire, R: Wire>(function: *const (), argument: &[u8]) -> Outcome {
    // SAFETY: the caller says so.
    let function = unsafe { std::mem::transmute::<*const (), fn(A) -> R>(function) };
    caught(|| match decode(argument) {
        Ok(argument) => {
            let mut answer = frame::draft();
            function(argument).encode(&mut answer);
            Outcome::Answer(answer)
        }
        Err(error) => Outcome::Refused(format!("its argument does not decode: {error}")),
    })
}

/// # Safety
///
/// `function` is a `fn()`.
unsafe fn call_plain(function: *const (), _argument: &[u8]) -> Outcome {
    // SAFETY: the caller says so.
    let function = unsafe { std::mem::transmute::<*const (), fn()>(function) };
    caught(|| {
        function();
        Outcome::Answer(frame::draft())
    })
}

/// Runs code of the user, whose panic ends its job and nothing else.
fn caught(user: impl FnOnce() -> Outcome) -> Outcome {
    // Unwind safe: what a panic leaves half done is the user's own, as in a thread that panics.
    catch_unwind(AssertUnwindSafe(user)).unwrap_or_else(|payload| {
        let JobError::Panicked { message, .. } = JobError::panicked(payload) else {
            unreachable!("`panicked` makes a panic")
        };
        Outcome::Panicked(message)
    })
}

/// A function by its place in the program's file, with its stub's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    function: Offset,
    stub: Offset,
}

impl Target {
    /// Finds the place of `function`.
    ///
    /// # Errors
    ///
    /// Fails if it is not in this program's file.
    pub(crate) fn of<A: Wire, R: Wire>(function: fn(A) -> R) -> Result<Self, String> {
        // INVARIANT: [CALL-1] the same A and R.
        Self::find(function as usize, Stubs::<A, R>::STUB)
    }

    /// Finds the place of a function that takes and returns nothing.
    ///
    /// # Errors
    ///
    /// Fails if it is not in this program's file.
    pub(crate) fn of_plain(function: fn()) -> Result<Self, String> {
        // INVARIANT: [CALL-1]
        Self::find(function as usize, &PLAIN_STUB)
    }

    fn find(function: usize, stub: &'static Stub) -> Result<Self, String> {
        let image = Image::own().map_err(|error| error.to_string())?;
        let stub = std::ptr::from_ref(stub).addr();
        let function = image.code_offset(function);
        let stub = image.constant_offset(stub, size_of::<Stub>());
        let (Some(function), Some(stub)) = (function, stub) else {
            return Err("its function is not in this program's own file".to_owned());
        };
        Ok(Self { function, stub })
    }

    /// Looks where the offsets lead in this process.
    ///
    /// # Errors
    ///
    /// Fails if it is not a function with its stub.
    pub(crate) fn resolve(self) -> Result<Call, String> {
        let image = Image::own().map_err(|error| error.to_string())?;
        let function = image.code(self.function);
        let stub = image.constant(self.stub, size_of::<Stub>());
        let stub = stub.filter(|address| address % align_of::<Stub>() == 0);
        // INVARIANT: [CALL-3]
        let (Some(function), Some(stub)) = (function, stub) else {
            return Err("its function is not in this program".to_owned());
        };
        let magic = std::ptr::with_exposed_provenance::<u64>(stub);
        // SAFETY: [IMAGE-1] the address is that of a constant of at least the size of a stub, and
        // it is aligned; any bits are a valid word.
        if unsafe { magic.read() } != MAGIC {
            return Err("its stub is none".to_owned());
        }
        let stub = std::ptr::with_exposed_provenance::<Stub>(stub);
        // SAFETY: as above, and it is a stub: [CALL-2] and its magic word say so. It is a constant
        // that lives as long as the program.
        let stub: &'static Stub = unsafe { &*stub };
        Ok(Call { function: std::ptr::with_exposed_provenance(function), stub })
    }
}

impl Wire for Target {
    fn encode(&self, out: &mut Writer) {
        self.function.0.encode(out);
        self.stub.0.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { function: Offset(Wire::decode(input)?), stub: Offset(Wire::decode(input)?) })
    }
}

/// A call that may be made in this process.
pub(crate) struct Call {
    function: *const (),
    stub: &'static Stub,
}

impl Call {
    /// Makes the call, and catches its panic.
    pub(crate) fn run(&self, argument: &[u8]) -> Outcome {
        // SAFETY: [CALL-1] the function has the types of the stub.
        unsafe { (self.stub.call)(self.function, argument) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(target: Target, argument: &[u8]) -> Outcome {
        let mut out = frame::draft();
        target.encode(&mut out);
        let bytes = out.finish().unwrap();
        let target: Target = decode(&bytes[frame::HEADER_LEN..]).unwrap();
        target.resolve().unwrap().run(argument)
    }

    #[test]
    fn a_function_is_called_by_its_offset() {
        let target = Target::of(|n: u32| u64::from(n) + 1).unwrap();
        let Outcome::Answer(answer) = run(target, &41_u32.to_le_bytes()) else { panic!("answer") };
        assert_eq!(answer.finish().unwrap()[frame::HEADER_LEN..], 42_u64.to_le_bytes());
    }

    #[test]
    fn an_argument_of_the_wrong_size_is_refused_before_the_call() {
        let target = Target::of(|_: u32| -> u64 { panic!("called") }).unwrap();
        for argument in [&[1, 2, 3][..], &[1, 2, 3, 4, 5]] {
            assert!(matches!(run(target, argument), Outcome::Refused(_)));
        }
    }

    #[test]
    fn a_panic_is_an_outcome() {
        let target = Target::of_plain(|| panic!("in the {}", "job")).unwrap();
        assert!(matches!(run(target, &[]), Outcome::Panicked(text) if text == "in the job"));
    }

    #[test]
    fn offsets_that_lead_to_no_stub_are_refused() {
        let right = Target::of_plain(|| {}).unwrap();
        let refused = |function, stub| Target { function, stub }.resolve().is_err();
        assert!(refused(Offset(u64::MAX), right.stub));
        assert!(refused(right.stub, right.stub), "constants are not called");
        assert!(refused(right.function, right.function), "code is no stub");
        assert!(refused(right.function, Offset(right.stub.0 + 1)), "not aligned");
        assert!(refused(right.function, Offset(right.stub.0 + 8)), "no magic word");
    }
}
