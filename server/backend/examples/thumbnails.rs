//! How many images of a phone are taken in a second, in this process: stripped, decoded and shrunk to their three
//! thumbnails, by as many threads as `stoa` uses. Prints one line of JSON; for `cargo xtask bench`. `thumbnails photo`
//! writes a JPEG of about 500 KB instead.

use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

#[path = "../src/images"]
#[allow(dead_code, reason = "the rest of the program uses the rest")]
mod images {
    mod decode;
    pub(crate) mod intake;
    mod shrink;
    mod sniff;
    mod strip;
}

#[path = "../tests/all/pictures.rs"]
#[allow(clippy::unwrap_used, reason = "the tests' own")]
mod pictures;

use images::intake::Checked;

/// 12 megapixels, as phones make them.
const SIDES: (u32, u32) = (4000, 3000);
const TIME: Duration = Duration::from_secs(8);

fn main() -> io::Result<()> {
    if std::env::args().nth(1).is_some() {
        return io::stdout().write_all(&pictures::jpeg(1800, 1350, 1));
    }
    let (width, height) = SIDES;
    let file = pictures::jpeg(width, height, 1);
    let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let threads = cores.clamp(1, 4);
    let begin = Instant::now();
    let images: usize = thread::scope(|scope| {
        let hands: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| taken_in(&file, begin + TIME)))
            .collect();
        let counts = hands.into_iter().map(|hand| hand.join().unwrap_or(0));
        counts.sum()
    });
    let per_second = images as f64 / begin.elapsed().as_secs_f64();
    println!(
        "{{\"images\": {per_second:.2}, \"thumbnails\": {:.2}, \"threads\": {threads}, \"kilobytes\": {}}}",
        per_second * 3.0,
        file.len() / 1000,
    );
    Ok(())
}

fn taken_in(file: &[u8], until: Instant) -> usize {
    let mut count = 0;
    while Instant::now() < until {
        let late = until + Duration::from_mins(1);
        let kept = Checked::of(file).and_then(|checked| checked.make(late));
        if !kept.is_ok_and(|kept| kept.shrunk.thumbnails.len() == 3) {
            return 0;
        }
        count += 1;
    }
    count
}
