//! `cargo +nightly fuzz run images` in `server/backend`, after `cargo run --bin seeds` in `fuzz`: whatever somebody
//! sends as an image is refused or kept, soon, in as much memory as its header said; and what is kept is an image
//! with nothing left to take out of it.

#![no_main]

use std::time::{Duration, Instant};

use domain::Image;
use libfuzzer_sys::fuzz_target;

/// The whole walk, without the database and the disk.
#[path = "../../src/images"]
#[allow(dead_code, reason = "the rest of the program uses the rest")]
mod images {
    mod decode;
    pub(crate) mod intake;
    mod shrink;
    mod sniff;
    pub(crate) mod strip;
}

use images::{intake::Checked, strip::Stripped};

/// What takes more is refused or made as well, but so slowly that nothing else would be tried.
const MEMORY: u64 = 4 * 1024 * 1024;

fuzz_target!(|file: &[u8]| {
    let Ok(checked) = Checked::of(file) else {
        return;
    };
    if checked.memory > MEMORY {
        return;
    }
    let Ok(kept) = checked.make(Instant::now() + Duration::from_secs(5)) else {
        return;
    };
    Image::check_size(kept.width, kept.height).expect("no more than may be");
    let again = Stripped::of(&kept.original).expect("what is kept is an image");
    assert_eq!(again.bytes, kept.original, "nothing is left to take out");
    assert_eq!(again.kind, kept.kind);
    for (width, file) in &kept.shrunk.thumbnails {
        let thumbnail = image::load_from_memory(file).expect("thumbnails are images");
        assert_eq!(thumbnail.width(), *width);
    }
});
