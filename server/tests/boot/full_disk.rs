//! A disk that is full: of a few megabytes, and of nothing else than this place.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    images::{cookie, files, id, image, pictures, show, upload},
    running::{Answer, Running, stoa},
};

/// A small disk where the data of a place lies; whoever may not make one tests nothing.
struct Disk(PathBuf);

impl Disk {
    fn below(dir: &Path) -> Option<Self> {
        let data = dir.join("data");
        fs::create_dir(&data).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"])
            .arg(&data)
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(data)),
            why => {
                eprintln!("not tested, a disk of one's own takes rights to mount it: {why:?}");
                None
            }
        }
    }

    /// Until not a byte more fits.
    fn fill(&self) {
        fs::write(self.0.join("filler"), vec![0; 16 * 1024 * 1024]).unwrap_err();
        assert!(fs::metadata(self.0.join("filler")).unwrap().len() > 0);
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn post(place: &Running, seed: &Value, number: u32) -> Answer {
    let page = &seed["pages"][0]["id"];
    let body = "A longer text that is certain to need room. ".repeat(200);
    let post = json!({"page": page, "id": id(number), "body": body});
    place.call("/api/post_message", cookie(seed, 1), &post.to_string())
}

fn counter(place: &Running, seed: &Value) -> i64 {
    let ask = json!({"page": seed["pages"][0]["id"], "limit": 200}).to_string();
    let history = place.call("/api/messages", cookie(seed, 1), &ask);
    assert_eq!(
        history.status, 200,
        "what is there can be read: {history:?}"
    );
    history.json()["counter"].as_i64().unwrap()
}

#[test]
fn a_full_disk_is_said_in_words_and_spoils_nothing() {
    let dir = Arc::new(TempDir::new().unwrap());
    let Some(disk) = Disk::below(dir.path()) else {
        return;
    };
    let out = dir.path().join("seed.json");
    let seeding = stoa(&disk.0)
        .args(["seed", "--members", "3", "--messages", "7", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(seeding.status.success(), "{seeding:?}");
    let seed: Value = serde_json::from_slice(&fs::read(out).unwrap()).unwrap();
    let place = Running::start_in(Arc::clone(&dir), &[]);
    let photo = pictures::jpeg(1200, 900, 1);
    assert_eq!(upload(&place, &seed, 1, 1, &photo).status, 200);
    show(&place, &seed, 1, 1);
    let (before, kept) = (counter(&place, &seed), files(&disk.0.join("images")));

    disk.fill();
    // More than the connection holds on its way: who is refused must not be cut off while still sending.
    for file in [pictures::jpeg(1200, 900, 2), vec![0xff; 14 * 1024 * 1024]] {
        let full = upload(&place, &seed, 1, 2, &file);
        assert_eq!(
            (full.status, &full.json()["code"]),
            (507, &json!("storage_full"))
        );
    }
    let mut posted = 0;
    for number in 10..200 {
        let answer = post(&place, &seed, number);
        if answer.status != 200 {
            let code = &answer.json()["code"];
            assert_eq!((answer.status, code), (507, &json!("storage_full")));
            break;
        }
        posted += 1;
    }
    assert!(posted < 190, "it was full");
    assert_eq!(counter(&place, &seed), before + posted);
    let original = format!("/i/{}/original", id(1));
    let photo_seen = image(&place, cookie(&seed, 2), &original, &[]);
    assert_eq!((photo_seen.status, photo_seen.bytes()), (200, &*photo));

    disk.free();
    assert_eq!(files(&disk.0.join("images")), kept, "no half of an image");
    assert_eq!(files(&disk.0.join("incoming")), 0);
    assert_eq!(
        upload(&place, &seed, 1, 2, &pictures::jpeg(1200, 900, 2)).status,
        200
    );
    assert_eq!(post(&place, &seed, 500).status, 200);
    assert_eq!(counter(&place, &seed), before + posted + 1);
    place.stop();
    let again = Running::start_in(dir, &[]);
    assert_eq!(counter(&again, &seed), before + posted + 1);
    let photo_seen = image(&again, cookie(&seed, 2), &original, &[]);
    assert_eq!(photo_seen.bytes(), photo);
    drop(again);
}
