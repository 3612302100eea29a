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

/// What the fuzz target starts from, by the name of its file: frames as they are sent.
fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let frame = |kind, payload: &[u8]| whole(header(kind, 0x0102_0304_0506_0708), payload);
    let one_of_each =
        (1..=8).filter_map(FrameKind::from_byte).map(|kind| frame(kind, &[kind as u8]));
    vec![
        ("empty", frame(FrameKind::Hello, b"")),
        ("job", frame(FrameKind::Job, &[7; 300])),
        ("one_of_each", one_of_each.flatten().collect()),
        ("panic", frame(FrameKind::Panicked, b"index out of bounds")),
        ("rubbish_after", [frame(FrameKind::Ready, b""), b"printf".to_vec()].concat()),
    ]
}

/// `TRAINYARD_BLESS=1` writes the files.
#[test]
fn the_corpus_of_the_fuzz_target_is_what_we_send() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/frame");
    for (name, bytes) in corpus() {
        let path = folder.join(name);
        if std::env::var_os("TRAINYARD_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap_or_default(), bytes, "{}", path.display());
    }
}
