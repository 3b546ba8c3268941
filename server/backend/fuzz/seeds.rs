//! Writes what fuzzing begins with, `corpus/images`: small files of every kind that the tests make as well.

use std::fs;

#[path = "../tests/all/pictures.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use the rest")]
mod pictures;

fn main() -> std::io::Result<()> {
    let jpeg = pictures::jpeg(40, 30, 1);
    let png = pictures::png(40, 30);
    let seeds = [
        ("png-telling", pictures::png_with(&png, &[pictures::chunk(b"eXIf", &pictures::exif(3))])),
        ("jpeg-telling", pictures::telling_jpeg(&jpeg, 6)),
        ("jpeg-wide", pictures::jpeg(400, 8, 2)),
        ("gif", pictures::gif(20, 16, 3)),
        ("gif-long", pictures::long_gif(20)),
        ("webp", pictures::webp(40, 30)),
        ("png-promising", pictures::promising_png(50_000, 50_000)),
        ("jpeg", jpeg),
        ("png", png),
    ];
    fs::create_dir_all("corpus/images")?;
    for (name, file) in seeds {
        fs::write(format!("corpus/images/{name}"), file)?;
    }
    Ok(())
}
