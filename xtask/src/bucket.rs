//! A server that speaks S3, for one run: moto, in memory.

use std::{
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{server::free_port, setup, tree::Tree};

pub(crate) struct Bucket {
    endpoint: String,
    child: Child,
}

impl Bucket {
    pub(crate) fn start(tree: &Tree) -> Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let (host, port) = address.split_once(':').unwrap_or_default();
        let child = Command::new(setup::python(tree)?)
            .args(["-m", "moto.server", "-H", host, "-p", port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let bucket = Self {
            endpoint: format!("http://{address}"),
            child,
        };
        let start = Instant::now();
        while TcpStream::connect(&address).is_err() {
            if start.elapsed() > Duration::from_mins(1) {
                bail!("moto does not start");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(bucket)
    }

    /// What tests, and the program, are told of it.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 5] {
        [
            ("STOA_TEST_S3", "s3://stoa/test"),
            ("AWS_ENDPOINT", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ]
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
