//! The types that cross to a worker process as they are.
//!
//! Numbers are in [`wire`](super::kernel::wire). Here are the types that are made of others. Each
//! keeps its two laws: at least one byte for every value, and no panic whatever the bytes.

use super::kernel::wire::{Reader, Wire, WireError, Writer};

impl Wire for () {
    fn encode(&self, out: &mut Writer) {
        // INVARIANT: [WIRE-1] otherwise four bytes could announce four thousand million of these.
        out.put(&[0]);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::decode(input)? {
            0 => Ok(()),
            _ => Err(WireError::new("a unit that is none")),
        }
    }
}

impl Wire for bool {
    fn encode(&self, out: &mut Writer) {
        out.put(&[u8::from(*self)]);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::new("a bool that is neither")),
        }
    }
}

impl Wire for char {
    fn encode(&self, out: &mut Writer) {
        u32::from(*self).encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::from_u32(u32::decode(input)?).ok_or(WireError::new("a char that is none"))
    }
}

macro_rules! sizes {
    ($($size:ty as $number:ty),+) => {$(
        impl Wire for $size {
            fn encode(&self, out: &mut Writer) {
                <$number>::try_from(*self).expect("64 bits hold it").encode(out);
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
                let number = <$number>::decode(input)?;
                number.try_into().map_err(|_| WireError::new("a size that does not fit"))
            }
        }
    )+};
}

sizes!(usize as u64, isize as i64);

impl Wire for String {
    fn encode(&self, out: &mut Writer) {
        out.put_len(self.len());
        out.put(self.as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let len = input.take_len()?;
        let text = str::from_utf8(input.take(len)?);
        text.map(str::to_owned).map_err(|_| WireError::new("a text that is not UTF-8"))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn encode(&self, out: &mut Writer) {
        out.put_len(self.len());
        T::encode_all(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let len = input.take_len()?;
        T::decode_all(len, input)
    }
}

impl<T: Wire, const N: usize> Wire for [T; N] {
    fn encode(&self, out: &mut Writer) {
        T::encode_all(self, out);
        if N == 0 {
            // INVARIANT: [WIRE-1]
            out.put(&[0]);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if N == 0 {
            <()>::decode(input)?;
        }
        let values = T::decode_all(N, input)?;
        values.try_into().map_err(|_| WireError::new("an array of another length"))
    }
}

impl<T: Wire> Wire for Box<T> {
    fn encode(&self, out: &mut Writer) {
        T::encode(self, out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        T::decode(input).map(Self::new)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn encode(&self, out: &mut Writer) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        bool::decode(input)?.then(|| T::decode(input)).transpose()
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn encode(&self, out: &mut Writer) {
        self.is_ok().encode(out);
        match self {
            Ok(value) => value.encode(out),
            Err(error) => error.encode(out),
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if bool::decode(input)? { T::decode(input).map(Ok) } else { E::decode(input).map(Err) }
    }
}

impl Wire for std::time::Duration {
    fn encode(&self, out: &mut Writer) {
        self.as_secs().encode(out);
        self.subsec_nanos().encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let (seconds, nanoseconds) = Wire::decode(input)?;
        if nanoseconds >= 1_000_000_000 {
            return Err(WireError::new("a duration with a second in its nanoseconds"));
        }
        Ok(Self::new(seconds, nanoseconds))
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:tt),+);)+) => {$(
        impl<$($part: Wire),+> Wire for ($($part,)+) {
            fn encode(&self, out: &mut Writer) {
                $(self.$index.encode(out);)+
            }

            fn decode(input: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(($($part::decode(input)?,)+))
            }
        }
    )+};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::time::Duration;

    use super::*;
    use crate::procs::kernel::frame::{HEADER_LEN, draft};
    use crate::procs::kernel::wire::decode;

    fn encoded<T: Wire>(value: &T) -> Vec<u8> {
        let mut out = draft();
        value.encode(&mut out);
        out.finish().unwrap()[HEADER_LEN..].to_vec()
    }

    /// Checks that a value comes back, and that none of its beginnings is taken for it.
    #[track_caller]
    fn check_crosses<T: Wire + PartialEq + Debug>(value: &T) {
        let bytes = encoded(value);
        assert!(!bytes.is_empty(), "WIRE-1");
        assert_eq!(decode::<T>(&bytes).as_ref(), Ok(value));
        for len in 0..bytes.len() {
            assert!(decode::<T>(&bytes[..len]).is_err(), "cut to {len}");
        }
        assert!(decode::<T>(&[&bytes[..], &[0]].concat()).is_err(), "one byte more");
    }

    #[test]
    fn every_built_in_type_crosses() {
        check_crosses(&());
        check_crosses(&(true, 'ß', u8::MAX, i16::MIN));
        check_crosses(&(u128::MAX, -1_i64, usize::MAX, isize::MIN));
        check_crosses(&(1.5_f32, f64::NEG_INFINITY));
        check_crosses(&("all aboard".to_owned(), String::new()));
        check_crosses(&vec![vec![1_u8, 2], vec![], vec![3]]);
        check_crosses(&vec![(); 1000]);
        check_crosses(&([1_u16, 2, 3], [(); 0], [vec![0_u8]]));
        check_crosses(&(Some(1_u32), None::<String>, Box::new(7_u8)));
        check_crosses(&(Ok::<u8, String>(1), Err::<u8, String>("no".to_owned())));
        check_crosses(&(Duration::new(1, 999_999_999),));
    }

    #[test]
    fn a_length_that_lies_allocates_nothing() {
        // Reserving what these announce would abort the process.
        let bytes = [0xff; 8];
        assert!(decode::<Vec<u128>>(&bytes).is_err());
        assert!(decode::<Vec<[u64; 1 << 20]>>(&bytes).is_err());
        assert!(decode::<Vec<()>>(&bytes).is_err());
        assert!(decode::<String>(&bytes).is_err());
    }

    #[test]
    fn bytes_that_are_no_value_are_refused() {
        assert!(decode::<bool>(&[2]).is_err());
        assert!(decode::<char>(&0xd800_u32.to_le_bytes()).is_err());
        assert!(decode::<String>(&[1, 0, 0, 0, 0xff]).is_err());
        assert!(decode::<Option<u8>>(&[2, 0]).is_err());
        assert!(decode::<()>(&[1]).is_err());
        assert!(decode::<Duration>(&[0xff; 12]).is_err());
    }

    #[test]
    fn what_is_too_large_is_counted_and_not_kept() {
        let mut out = Writer::new(&[], 10);
        vec![0_u8; 100].encode(&mut out);
        assert!(out.finish().unwrap_err().contains("104 bytes"));
    }
}
