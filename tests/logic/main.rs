//! What can be known by computing alone, without a thread or the system: the protocols in every
//! order of their steps, the machine against Python itself, and the decoder against broken frames.

mod interleave;
mod kit;
mod mutations;
mod starts;
mod vm;
