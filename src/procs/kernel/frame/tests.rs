//! What the codec promises, on good bytes and on bad.

use super::*;

fn header(kind: FrameKind, job: u64) -> Header {
    Header { kind, flags: ARMED, job }
}

/// Three frames in a row: empty, short, and longer than what is reserved.
fn stream() -> (Vec<Frame>, Vec<u8>) {
    let payloads = [Vec::new(), b"all aboard".to_vec(), vec![7; RESERVE_MAX + 1]];
    let frames: Vec<Frame> = (1..)
        .zip(payloads)
        .map(|(job, payload)| Frame { header: header(FrameKind::Answer, job), payload })
        .collect();
    let bytes = frames.iter().flat_map(|frame| whole(frame.header, &frame.payload)).collect();
    (frames, bytes)
}

/// Checks that bytes are answered with this error and nothing was kept for them.
#[track_caller]
fn check_bad(bytes: &[u8], expected: BadFrame) {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.take(&mut &bytes[..]), Err(expected));
    assert!(decoder.payload.capacity() <= RESERVE_MAX, "FRAME-1");
}

/// Returns the bytes of a frame after `change`, with a header check that is right again.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = whole(header(FrameKind::Job, 1), b"payload");
    change(&mut bytes);
    set_flags(&mut bytes, 0);
    bytes
}

#[test]
fn frames_come_back_at_every_split_point() {
    let (frames, bytes) = stream();
    for split in 0..=2 * HEADER_LEN + 12 {
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for mut piece in [&bytes[..split], &bytes[split..]] {
            while let Some(frame) = decoder.take(&mut piece).unwrap() {
                found.push(frame);
            }
        }
        assert_eq!(found, frames, "split at {split}");
        assert!(!decoder.is_inside_frame());
    }
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_noticed() {
    let bytes = whole(header(FrameKind::Job, 1), b"payload");
    for len in 1..bytes.len() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.take(&mut &bytes[..len]), Ok(None));
        assert!(decoder.is_inside_frame(), "cut to {len}");
    }
}

#[test]
fn a_sealed_draft_is_a_frame_and_its_flags_can_be_changed() {
    let mut payload = draft();
    payload.put(b"payload");
    let mut bytes = seal(payload, header(FrameKind::Job, 9)).unwrap();
    set_flags(&mut bytes, 0);
    let frame = Decoder::default().take(&mut &bytes[..]).unwrap().unwrap();
    assert_eq!(frame.header, Header { kind: FrameKind::Job, flags: 0, job: 9 });
    assert_eq!(frame.payload, b"payload");
}

#[test]
fn a_payload_over_the_limit_is_refused_before_it_is_sent() {
    let mut payload = draft();
    payload.put(&vec![0; PAYLOAD_LEN_MAX]);
    assert!(seal(payload, header(FrameKind::Job, 1)).is_ok());
    let mut payload = draft();
    payload.put(&vec![0; PAYLOAD_LEN_MAX]);
    payload.put(&[0]);
    assert!(seal(payload, header(FrameKind::Job, 1)).is_err());
}

#[test]
fn a_header_that_lies_is_refused() {
    check_bad(&[0; HEADER_LEN], BadFrame::Magic);
    check_bad(&changed(|bytes| bytes[4] = 9), BadFrame::Version(9));
    check_bad(&changed(|bytes| bytes[5] = 99), BadFrame::Kind(99));
    let mut bytes = changed(|_| ());
    bytes[8] ^= 1;
    check_bad(&bytes, BadFrame::HeaderCheck);
}

#[test]
fn a_huge_length_allocates_nothing() {
    let bytes = changed(|bytes| bytes[16..20].copy_from_slice(&[0xff; 4]));
    check_bad(&bytes, BadFrame::TooLong(u32::MAX));
}

#[test]
fn a_change_of_any_one_bit_is_noticed() {
    let bytes = whole(header(FrameKind::Answer, 3), b"a payload of more than one word");
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Decoder::default().take(&mut &changed[..]).is_err(), "bit {bit}");
    }
}

/// The fuzz target's function on changed frames, the same ones in every run.
#[test]
fn no_change_of_the_bytes_makes_the_decoder_panic_or_disagree_with_itself() {
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (_, bytes) = stream();
    let bytes = &bytes[..3 * HEADER_LEN + 100];
    for _ in 0..2_000 {
        let mut data = bytes.to_vec();
        for _ in 0..random(4) {
            let at = random(data.len());
            data[at] = u8::try_from(random(256)).unwrap();
        }
        data.truncate(random(data.len() + 1));
        let at = random(data.len() + 1);
        data.splice(at..at, (0..random(40)).map(|_| 0xff).collect::<Vec<u8>>());
        fuzz_frame(&data);
    }
}
