//! Two short functions from bytes to a number: one for pages, one for what is short.

/// The checksum Adler-32 (RFC 1950): enough to tell a page from a wrong one, not from a forged one.
///
/// Two additions a byte. In [`Fnv1a`] each byte waits for the multiplication of the one before:
/// measured, 14 µs for the notes' larger page against 4 µs, and a contender that keeps its
/// processor busy would spend a good part of its time in it. Python has the same as `zlib.adler32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adler32 {
    sum: u64,
    sum_of_sums: u64,
}

/// The largest prime that fits into 16 bits.
const MODULUS: u64 = 65_521;

impl Default for Adler32 {
    fn default() -> Self {
        Self { sum: 1, sum_of_sums: 0 }
    }
}

impl Adler32 {
    pub fn of(bytes: &[u8]) -> u64 {
        let mut checksum = Self::default();
        checksum.update(bytes);
        checksum.value()
    }

    /// Takes more bytes in, at most [`BODY_LEN_MAX`](super::BODY_LEN_MAX) in all.
    pub fn update(&mut self, bytes: &[u8]) {
        // No modulo in the loop: 64 MiB of 255 make a sum of sums below 2^60.
        for byte in bytes {
            self.sum += u64::from(*byte);
            self.sum_of_sums += self.sum;
        }
    }

    pub fn value(self) -> u64 {
        ((self.sum_of_sums % MODULUS) << 16) | (self.sum % MODULUS)
    }
}

/// The hash FNV-1a with 64 bits, which spreads also what is short and almost the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    pub fn of(bytes: &[u8]) -> u64 {
        let mut hash = Self::default();
        hash.update(bytes);
        hash.value()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::io::http::BODY_LEN_MAX;

    #[test]
    fn the_functions_are_the_published_ones_and_the_largest_body_does_not_overflow() {
        assert_eq!((Adler32::of(b""), Adler32::of(b"Wikipedia")), (1, 0x11e6_0398));
        assert_eq!(Fnv1a::of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fnv1a::of(b"foobar"), 0x8594_4171_f739_67e8);
        let mut checksum = Adler32::default();
        let mebibyte = vec![255; 1 << 20];
        (0..BODY_LEN_MAX >> 20).for_each(|_| checksum.update(&mebibyte));
        assert_eq!(checksum.value(), 0x3471_c776);
    }
}
