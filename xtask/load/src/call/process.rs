//! What a process costs, as Linux tells it.

use std::fs;

use anyhow::{Context, Result};

/// Of a second: what proc(5) counts in, on every Linux there is.
const TICK: f64 = 0.01;

/// Seconds of processor time, in the program and in the kernel for it. `process`: its number, or `self`.
pub(crate) fn processor(process: &str) -> Result<f64> {
    let file = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&file).context(file)?;
    ticks(&text).context("no times").map(|ticks| ticks * TICK)
}

/// The name before them may hold anything.
fn ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_whitespace().skip(11);
    let mut number = || words.next()?.parse::<f64>().ok();
    Some(number()? + number()?)
}

/// Megabytes in memory.
pub(crate) fn memory(process: &str) -> Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = fs::read_to_string(&file).context(file)?;
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"));
    let kilobytes: f64 = kilobytes.context("no VmRSS")?.trim().parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(ticks(stat), Some(300.0));
        assert_eq!(ticks("7 (a"), None);
        assert!(processor("self").unwrap() >= 0.0);
        assert!(memory("self").unwrap() > 0.1);
    }
}
