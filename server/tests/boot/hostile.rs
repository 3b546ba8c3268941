//! Uploads that ask too much, and what pictures tell that nobody meant to tell.

use std::{
    io::Write,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    images::{LIMIT, begin, cookie, files, form, id, image, pictures, show, upload},
    running::Running,
    seeded::seeded,
};

/// Nothing of an image is left, at most soon.
fn nothing_is_left(place: &Running) {
    let data = place.dir.path().join("data");
    assert_eq!(files(&data.join("images")), 0);
    let start = Instant::now();
    while files(&data.join("incoming")) > 0 {
        assert!(start.elapsed() < Duration::from_secs(5));
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_gigabyte_without_an_end_is_cut_soon_and_leaves_nothing() {
    let (place, seed) = seeded();
    let mut stream = begin(&place, &seed, "Transfer-Encoding: chunked");
    let head = form("a.jpg", b"");
    let head = &head[..head.len() - 12];
    write!(stream, "{:x}\r\n", head.len()).unwrap();
    stream.write_all(head).unwrap();
    let chunk = [&b"\r\n10000\r\n"[..], &vec![0xff; 64 * 1024]].concat();
    let mut sent = 0;
    while sent < 1_000_000_000 && stream.write_all(&chunk).is_ok() {
        sent += chunk.len();
    }
    // What the system had taken already comes on top.
    assert!(sent < LIMIT + 16 * 1024 * 1024, "{sent}");
    nothing_is_left(&place);
}

#[test]
fn a_gigabyte_of_text_is_cut_soon_and_leaves_nothing() {
    let (place, seed) = seeded();
    for start in ["", "{\"name\": \"", &text(&seed, 1, "")] {
        let mut stream = std::net::TcpStream::connect(place.host()).unwrap();
        stream
            .write_all(head(&place, &seed, "Transfer-Encoding: chunked").as_bytes())
            .unwrap();
        let _ = write!(stream, "{:x}\r\n{start}", start.len() + 65536);
        let mut sent = 0;
        let chunk = [&vec![b'A'; 65536], &b"\r\n10000\r\n"[..]].concat();
        while sent < 1_000_000_000 && stream.write_all(&chunk).is_ok() {
            sent += chunk.len();
        }
        assert!(sent < LIMIT * 4 / 3 + 18 * 1024 * 1024, "{sent}");
        nothing_is_left(&place);
    }
}

/// The call that takes an image as text, up to where its body begins.
fn head(place: &Running, seed: &Value, length: &str) -> String {
    format!(
        "POST /api/upload_image_data HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\
         Content-Type: application/json\r\n{length}\r\n\r\n",
        place.host(),
        cookie(seed, 1),
    )
}

/// Without the end of its `data`.
fn text(seed: &Value, number: u32, data: &str) -> String {
    let page = &seed["pages"][0]["id"];
    let id = id(number);
    format!("{{\"page\":{page},\"id\":\"{id}\",\"data\":\"data:image/png;base64,{data}")
}

#[test]
fn images_that_come_as_text_are_never_held_in_memory() {
    let (place, seed) = seeded();
    let Some(before) = place.peak_memory() else {
        return eprintln!("not tested: the system does not tell how much memory a program has");
    };
    let (count, size) = (8, 16 * 1024 * 1024);
    let streams: Vec<_> = (0..count)
        .map(|number| {
            let mut stream = std::net::TcpStream::connect(place.host()).unwrap();
            let whole = head(&place, &seed, &format!("Content-Length: {}", size * 2));
            stream.write_all(whole.as_bytes()).unwrap();
            stream
                .write_all(text(&seed, number, "").as_bytes())
                .unwrap();
            stream.write_all(&vec![b'A'; size]).unwrap();
            stream
        })
        .collect();
    // All of it has come, none of it has ended.
    let incoming = place.dir.path().join("data/incoming");
    let start = Instant::now();
    while bytes_in(&incoming) < (count as usize * size / 4 * 3) as u64 {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{}",
            bytes_in(&incoming)
        );
        thread::sleep(Duration::from_millis(20));
    }
    let grown = place.peak_memory().unwrap() - before;
    assert!(
        grown < size as u64,
        "{grown} bytes for {count} images of {size}"
    );
    drop(streams);
    nothing_is_left(&place);
}

fn bytes_in(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}

/// What exiftool, which nobody here wrote, reads in these files.
fn read_by_exiftool(dir: &Path, names: &[&str]) -> Option<Vec<Value>> {
    let output = Command::new("exiftool")
        .args(["-json", "-a", "-G0"])
        .args(names)
        .current_dir(dir)
        .output()
        .ok()?;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn where_a_photo_was_taken_is_in_no_file_that_is_given_out() {
    let (place, seed) = seeded();
    let dir = place.dir.path();
    let photo = pictures::telling_jpeg(&pictures::jpeg(2400, 1800, 1), 6);
    std::fs::write(dir.join("sent"), &photo).unwrap();
    let Some(told) = read_by_exiftool(dir, &["sent"]) else {
        return eprintln!("not tested: exiftool is not installed");
    };
    assert!(told[0]["EXIF:GPSLatitude"].is_string(), "{told:?}");

    assert_eq!(upload(&place, &seed, 1, 1, &photo).status, 200);
    show(&place, &seed, 1, 1);
    let variants = ["original", "320", "800", "1600"];
    for variant in variants {
        let file = image(
            &place,
            cookie(&seed, 2),
            &format!("/i/{}/{variant}", id(1)),
            &[],
        );
        assert_eq!(file.status, 200, "{variant}");
        std::fs::write(dir.join(variant), file.bytes()).unwrap();
    }
    for told in read_by_exiftool(dir, &variants).unwrap() {
        assert!(
            told["File:MIMEType"]
                .as_str()
                .unwrap()
                .starts_with("image/"),
            "{told}"
        );
        for (name, value) in told.as_object().unwrap() {
            let (group, tag) = name.split_once(':').unwrap_or(("", name));
            let of_the_picture = ["", "ExifTool", "File", "JFIF", "RIFF", "ICC_Profile"];
            let size = group == "Composite" && ["ImageSize", "Megapixels"].contains(&tag);
            assert!(
                of_the_picture.contains(&group) || size || name == "EXIF:Orientation",
                "{name}: {value}"
            );
        }
        assert_eq!(told.get("File:Comment"), None);
    }
}
