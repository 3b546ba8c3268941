//! Where files lie: a directory, or a bucket that speaks S3. Names are made of hashes and ids, never of what people send.

use std::{error::Error as _, fmt::Write, io, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{Image, Refusal};
use futures::future::try_join_all;
use object_store::{
    ClientOptions, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path as Name,
};
use uuid::Uuid;

use crate::{Error, Failure, Result, StartError};

/// For one request to a bucket.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Store {
    files: Arc<dyn ObjectStore>,
    prefix: Name,
}

/// A blob, as its files are named after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobName {
    pub(crate) id: Uuid,
    pub(crate) hash: [u8; 32],
}

/// Which of a blob's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    Original,
    /// A thumbnail of this width.
    Wide(u32),
}

impl Store {
    /// `file:///…`, `s3://bucket/prefix` with the usual `AWS_` variables, or a directory of our own.
    pub(crate) async fn open(url: Option<&str>, data_dir: &Path) -> Result<Self, StartError> {
        let wrong = |error: &dyn std::fmt::Display| {
            StartError::Setting(format!("STOA_STORAGE_URL cannot be used: {error}."))
        };
        let own = data_dir.join("images");
        let store = match url {
            Some(url) if url.starts_with("s3://") => {
                let store = Self::bucket(url).map_err(|error| wrong(&error))?;
                store.answers().await.map_err(|error| wrong(&error))?;
                return Ok(store);
            }
            Some(url) => Self::directory(Path::new(url.trim_start_matches("file://"))),
            None => Self::directory(&own).inspect(|_| clear_unfinished(&own)),
        };
        store.map_err(|error| match url {
            Some(_) => wrong(&error),
            None => StartError::DataDir(own.display().to_string(), error.to_string()),
        })
    }

    fn directory(path: &Path) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        // A row that is durable names files that are.
        let files = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self {
            files: Arc::new(files),
            prefix: Name::default(),
        })
    }

    fn bucket(url: &str) -> Result<Self, object_store::Error> {
        // Whichever library is asked first would otherwise have to choose.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (bucket, prefix) = url
            .trim_start_matches("s3://")
            .split_once('/')
            .unwrap_or((url.trim_start_matches("s3://"), ""));
        let endpoint = ["AWS_ENDPOINT", "AWS_ENDPOINT_URL"]
            .iter()
            .find_map(|name| std::env::var(name).ok());
        let plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
        let options = ClientOptions::new()
            .with_allow_http(plain)
            .with_timeout(PATIENCE);
        let files = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(options)
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: PATIENCE,
                ..RetryConfig::default()
            })
            .build()?;
        Ok(Self {
            files: Arc::new(files),
            prefix: Name::parse(prefix)?,
        })
    }

    /// Wrong keys and buckets are said at the start: what has to be possible is tried.
    async fn answers(&self) -> Result<(), object_store::Error> {
        let probe = self.prefix.clone().join("probe");
        self.files.put(&probe, Bytes::new().into()).await?;
        self.files.delete(&probe).await
    }

    /// All of them, or an error: then some may be there.
    pub(crate) async fn put(&self, blob: BlobName, files: Vec<(Variant, Bytes)>) -> Result<()> {
        let put = |(variant, bytes): (Variant, Bytes)| async move {
            let name = self.name(blob, variant);
            self.files.put(&name, bytes.into()).await
        };
        try_join_all(files.into_iter().map(put))
            .await
            .map_err(error)?;
        Ok(())
    }

    /// A part of it, if a range of bytes is given.
    pub(crate) async fn get(
        &self,
        blob: BlobName,
        variant: Variant,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<GetResult> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let name = self.name(blob, variant);
        self.files.get_opts(&name, options).await.map_err(error)
    }

    pub(crate) async fn size(&self, blob: BlobName, variant: Variant) -> Result<u64> {
        let head = self.files.head(&self.name(blob, variant)).await;
        Ok(head.map_err(error)?.size)
    }

    /// All files of it; those that are gone already do not matter.
    pub(crate) async fn remove(&self, blob: BlobName) -> Result<()> {
        let widths = Image::WIDTHS.into_iter().map(Variant::Wide);
        for variant in widths.chain([Variant::Original]) {
            match self.files.delete(&self.name(blob, variant)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(failed) => return Err(error(failed)),
            }
        }
        Ok(())
    }

    fn name(&self, BlobName { id, hash }: BlobName, variant: Variant) -> Name {
        let hash = hex(&hash);
        let id = id.simple();
        let file = match variant {
            Variant::Original => format!("{hash}-{id}-original"),
            Variant::Wide(width) => format!("{hash}-{id}-{width}"),
        };
        self.prefix.clone().join(&hash[..2]).join(file)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Files that were being written when the program was ended; they are named with a `#`.
fn clear_unfinished(dir: &Path) {
    let folders = std::fs::read_dir(dir).into_iter().flatten().flatten();
    for folder in folders {
        let files = std::fs::read_dir(folder.path()).into_iter().flatten();
        for file in files.flatten() {
            if file.file_name().to_string_lossy().contains('#') {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

fn error(error: object_store::Error) -> Error {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>()
            && is_full(io)
        {
            return Refusal::StorageFull.into();
        }
        cause = inner.source();
    }
    Failure::Other(format!("the store of images: {error}")).into()
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
