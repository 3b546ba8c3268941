//! The command line.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use backend::{Backend, Clock, Random, Seeding};
use clap::{Parser, Subcommand};
use domain::Email;

use crate::{config::Config, log, start};

/// A place to talk that you host yourself.
#[derive(Parser)]
#[command(
    name = "stoa",
    version,
    after_help = "Settings come from the environment or the file: see `stoa config`."
)]
struct Cli {
    /// A TOML file with settings.
    #[arg(long, global = true, env = "STOA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the place (also without any command).
    Serve,
    /// Print a new link that sets up the place; the ones before stop working.
    SetupLink,
    /// Print a link that signs this person in, without any mail.
    SignInLink { email: String },
    /// Print the settings in force and where each came from, secrets hidden.
    Config,
    /// Fill an empty place for trials and benchmarks, and write who may use it to a file.
    Seed {
        /// How many members the page has; the first is an admin.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        members: u32,
        /// How many messages the page has.
        #[arg(long)]
        messages: u32,
        /// Where the ids and session cookies are written, as JSON.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(crate) fn run() -> Result<()> {
    let cli = Cli::parse();
    let config = Config::load(cli.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let done = runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => {
                log::start(&config.log_filter, config.log_json);
                start::serve(config).await
            }
            Command::Config => {
                print!("{}", config.show());
                Ok(())
            }
            command => {
                log::start("warn", config.log_json);
                let backend = open(&config).await?;
                let done = once(&backend, command).await;
                backend.stop().await;
                done
            }
        }
    });
    // A mail server that does not answer must not hold the end up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// The place without anything that serves or sends.
async fn open(config: &Config) -> Result<Backend> {
    let settings = config.backend(&config.public_url(config.listen));
    Ok(Backend::start(settings, Clock::System, Random).await?)
}

async fn once(backend: &Backend, command: Command) -> Result<()> {
    match command {
        Command::SetupLink => match backend.setup_link().await? {
            Some(link) => println!("{link}"),
            None => bail!(
                "this place is set up already; `stoa sign-in-link <email>` prints a link for an admin"
            ),
        },
        Command::SignInLink { email } => {
            let email = Email::parse(&email)?;
            match backend.sign_in_link(&email).await? {
                Some(link) => println!("{link}"),
                None => bail!("nobody here has the address {email}"),
            }
        }
        Command::Seed {
            members,
            messages,
            out,
        } => {
            let seed = backend.seed(Seeding { members, messages }).await?;
            let mut text = serde_json::to_vec_pretty(&seed)?;
            text.push(b'\n');
            // For the owner's eyes: whoever reads it can sign in as anybody in it.
            std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&out)
                .and_then(|mut file| file.write_all(&text))
                .with_context(|| format!("{} cannot be written", out.display()))?;
        }
        Command::Serve | Command::Config => {}
    }
    Ok(())
}
