//! The house: which room may use which, how long a file may be, and what a step may not do.
//!
//! `UNPLUG_HOUSE=/path/to/a/checkout cargo test --test it house::prints -- --nocapture` prints the
//! measures of any checkout as a table; without the variable, those of this one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms from the ground up. A room uses only rooms that stand before it here.
const ROOMS: [&str; 22] = [
    "dice",
    "document",
    "account",
    "pipelines",
    "exposure",
    "front",
    "access",
    "trace",
    "aws",
    "probe",
    "collect",
    "config",
    "sim",
    "scenario",
    "step",
    "steps",
    "checks",
    "playbook",
    "engine",
    "failure",
    "view",
    "cli",
];

/// Files that are over 400 lines because they are tables.
const TABLES: [&str; 4] =
    ["account/other_doors/table.rs", "account/sections.rs", "aws/lists.rs", "aws/operations.rs"];

/// A file under `src`, without its tests.
struct File {
    /// Its path under `src`.
    path: String,
    room: String,
    code: String,
    lines: usize,
    /// Lines of its tests, or all of them where the file is a test.
    test_lines: usize,
}

fn own_checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// The modules that a file declares for tests alone.
fn test_modules(text: &str) -> Vec<&str> {
    let after = |line: &str| line.trim() == "#[cfg(test)]";
    let pairs = text.lines().zip(text.lines().skip(1));
    let declared = pairs.filter(|(line, _)| after(line)).filter_map(|(_, next)| {
        let name = next.trim().trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        name.strip_suffix(';')
    });
    declared.collect()
}

/// Every file under `src` of a checkout.
fn house(checkout: &Path) -> Vec<File> {
    let src = checkout.join("src");
    let mut paths = vec![];
    files_under(&src, &mut paths);
    let texts: BTreeMap<PathBuf, String> =
        paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    let mut tests = BTreeSet::new();
    for (path, text) in &texts {
        let folder = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        for name in test_modules(text) {
            tests.insert(folder.join(name));
        }
    }
    let file = |(path, text): (&PathBuf, &String)| {
        let named_so =
            path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.ends_with("tests"));
        let is_test =
            named_so || tests.iter().any(|test| path.starts_with(test) || path.with_extension("") == *test);
        let (code, tests) = match text.find("#[cfg(test)]\nmod tests {") {
            _ if is_test => ("", text.as_str()),
            Some(at) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        let path = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        File {
            room: room(&path),
            path,
            code: code.to_owned(),
            lines: code.lines().count(),
            test_lines: tests.lines().count(),
        }
    };
    texts.iter().map(file).collect()
}

/// The room of a file: the first part of its path, but for the collectors of before 0.2.
fn room(path: &str) -> String {
    let path = path.strip_prefix("account/").filter(|rest| rest.starts_with("collect")).unwrap_or(path);
    path.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
}

/// The rooms that a file uses, by what it names of this crate.
fn uses(file: &File) -> BTreeSet<String> {
    let lines = file.code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = lines.flat_map(|line| line.split("crate::").skip(1));
    names
        .map(|rest| if rest.starts_with("account::collect") { "collect" } else { rest })
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .filter(|name| ROOMS.contains(&&**name) && *name != file.room)
        .collect()
}

fn floor(room: &str) -> usize {
    ROOMS
        .iter()
        .position(|known| *known == room)
        .unwrap_or_else(|| panic!("{room} is no room: add it to ROOMS"))
}

/// Uses that run up, as `file → room`.
fn upward(files: &[File]) -> Vec<String> {
    let outside = ["lib", "main"];
    let inside = files.iter().filter(|file| !outside.contains(&&*file.room));
    let arrows = inside.flat_map(|file| uses(file).into_iter().map(move |to| (file, to)));
    arrows
        .filter(|(file, to)| floor(to) >= floor(&file.room))
        .map(|(file, to)| format!("{} → {to}", file.path))
        .collect()
}

/// Lines that compare the kind of a target. The lens of a target is found by it, in `step/` alone.
fn compared_kinds(file: &File) -> usize {
    let compares = |rest: &str| [" ==", " !=", ".as_str()"].iter().any(|by| rest.starts_with(by));
    let is = |line: &&str| ["at.kind", "target.kind"].iter().any(|of| line.split(of).skip(1).any(compares));
    if file.room == "step" { 0 } else { file.code.lines().filter(is).count() }
}

fn is_step(file: &File) -> bool {
    file.path.starts_with("steps/s") && file.path.matches('/').count() == 1 && file.lines > 0
}

/// The longest part of a file that is read in one go: its code, or its tests where it is a test.
fn length(file: &File) -> usize {
    file.lines.max(file.test_lines)
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    assert_eq!(upward(&house(&own_checkout())), Vec::<String>::new());
}

#[test]
fn no_file_is_over_400_lines_but_a_table() {
    let files = house(&own_checkout());
    let long: Vec<_> = files
        .iter()
        .filter(|file| file.lines + file.test_lines > 400 && !TABLES.contains(&&*file.path))
        .map(|file| (&file.path, file.lines + file.test_lines))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn the_file_of_a_step_is_under_200_lines() {
    let files = house(&own_checkout());
    let long: Vec<_> =
        files.iter().filter(|f| is_step(f) && f.lines > 200).map(|f| (&f.path, f.lines)).collect();
    assert!(long.is_empty(), "{long:?}");
}

/// One kind of target, one lens: what differs by kind, the lens knows.
#[test]
fn no_file_compares_the_kinds_of_targets() {
    let files = house(&own_checkout());
    let compared: Vec<_> =
        files.iter().map(|f| (&f.path, compared_kinds(f))).filter(|(_, kinds)| *kinds > 0).collect();
    assert!(compared.is_empty(), "{compared:?}");
}

/// Clippy forbids clients outside `aws/`, and a release compiles the large crates at level 1: for every service
/// of AWS that the package uses.
/// `Cargo.toml` says that there are none, and so nobody runs them.
#[test]
fn no_example_in_a_comment_is_code() {
    let mut found = vec![];
    let mut sources = vec![];
    files_under(&own_checkout().join("src"), &mut sources);
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        let comments = text.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
        let fences = comments.filter_map(|line| line.trim_start_matches(['/', '!', ' ']).strip_prefix("```"));
        // Each second one ends a block.
        found
            .extend(fences.step_by(2).filter(|word| *word != "text").map(|word| format!("{path:?}: {word}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_service_of_aws_is_missing_where_each_has_a_row() {
    let read = |name: &str| std::fs::read_to_string(own_checkout().join(name)).unwrap();
    let (manifest, clippy) = (read("Cargo.toml"), read("clippy.toml"));
    let dependencies = manifest.lines().filter_map(|line| line.strip_prefix("aws-sdk-"));
    for service in dependencies.filter_map(|line| line.split([' ', '=']).next()) {
        for make in ["new", "from_conf"] {
            let path = format!("aws_sdk_{service}::Client::{make}");
            assert!(clippy.contains(&format!("\"{path}\"")), "clippy.toml allows {path}");
        }
        let row = format!("[profile.release.package.aws-sdk-{service}]\nopt-level = 1\n");
        assert!(manifest.contains(&row), "a release compiles aws-sdk-{service} at level 3");
    }
}

#[test]
fn prints_the_measures_of_the_house() {
    let checkout = std::env::var_os("UNPLUG_HOUSE").map_or_else(own_checkout, PathBuf::from);
    let files = house(&checkout);
    let mut rooms = BTreeMap::<&str, [usize; 3]>::new();
    for file in &files {
        let room = rooms.entry(&file.room).or_default();
        for (sum, more) in room.iter_mut().zip([1, file.lines, file.test_lines]) {
            *sum += more;
        }
    }
    println!("| room | files | lines | lines of tests |\n|---|---|---|---|");
    for (room, [count, lines, tests]) in &rooms {
        println!("| {room} | {count} | {lines} | {tests} |");
    }
    let total = |of: fn(&File) -> usize| files.iter().map(of).sum::<usize>();
    println!("| all | {} | {} | {} |", files.len(), total(|f| f.lines), total(|f| f.test_lines));
    let steps: Vec<&File> = files.iter().filter(|file| is_step(file)).collect();
    println!("\n| step | its file | its folder | files |\n|---|---|---|---|");
    for step in &steps {
        let folder = step.path.replace(".rs", "/");
        let inside = || files.iter().filter(|file| file.path.starts_with(&folder) && file.lines > 0);
        let lines: usize = inside().map(|file| file.lines).sum();
        println!("| {} | {} | {lines} | {} |", &step.path[7..10], step.lines, inside().count() + 1);
    }
    println!("\n| measure | count |\n|---|---|");
    println!("| comparisons of kinds | {} |", files.iter().map(compared_kinds).sum::<usize>());
    println!("| uses that run up | {} |", upward(&files).len());
    println!("| files over 400 lines | {} |", files.iter().filter(|file| length(file) > 400).count());
    println!("| step files over 200 lines | {} |", steps.iter().filter(|file| file.lines > 200).count());
}
