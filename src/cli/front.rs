//! From a file's name to a program: reading, parsing, warnings, our passes.

use std::cell::RefCell;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bfllvm::diagnostic::Diagnostic;
use bfllvm::dialect::Dialect;
use bfllvm::engine::policy::Policy;
use bfllvm::ir::{Entry, Program, text};
use bfllvm::level::{Level, Start, WHILE_READING};
use bfllvm::lint::lint;
use bfllvm::opt::Pass;
use bfllvm::parse::{Bang, Granularity, Hash, Options, Parsed, parse};
use bfllvm::report::remarks::{self, Observer};
use bfllvm::report::timing::{PassRun, Timing};
use bfllvm::source::Source;

use super::args::{CompileArgs, DialectArgs, RemarkForm};
use super::messages::Messages;

/// The source was rejected, and the user knows why.
#[derive(Debug)]
pub struct Rejected;

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the source has errors")
    }
}

impl std::error::Error for Rejected {}

/// A source that is free of errors.
pub struct Checked {
    pub source: Arc<Source>,
    pub dialect: Dialect,
    options: Options,
    /// What the check read, for the first who wants it in the same granularity.
    read: RefCell<Option<(Granularity, Program)>>,
    /// How long that took.
    reading: Duration,
    /// The program's input, where it stands behind the program.
    pub input: Option<Vec<u8>>,
}

/// Larger sources are not searched for mistakes: nobody wrote them by hand. In bytes.
pub const MAX_LINTED_BYTES: usize = 1 << 20;

/// What passes do while larger sources are read cannot be watched, in bytes: it would be more than anybody looks at.
const MAX_WATCHED_BYTES: usize = 1 << 19;

/// Before code of larger programs runs, not all passes are done, in operations as read: they would take more than 10 ms.
const MAX_OPS_AT_ONCE: usize = 1 << 15;

/// Whether input may stand behind the program in the same file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InputBehind {
    Bang,
    Never,
}

/// Reads and checks the program in `path`, `-` being standard input.
///
/// # Errors
/// The file cannot be read, or the source is [`Rejected`].
pub fn check(path: &Path, args: &DialectArgs, behind: InputBehind, messages: &Messages) -> Result<Checked> {
    let is_stdin = path == Path::new("-");
    let mut source = if is_stdin {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read the program from standard input")?;
        Source::new("<stdin>", bytes)?
    } else {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Source::new(path.to_string_lossy(), bytes)?
    };
    let dialect = args.dialect();
    let bang = if is_stdin && behind == InputBehind::Bang { Bang::EndsProgram } else { Bang::Comment };
    let options = options(&dialect, args, bang);
    let clock = Instant::now();
    let parsed = parse(&source, &options);
    let reading = clock.elapsed();
    let Parsed { mut program, input_start } = match parsed {
        Ok(parsed) => parsed,
        Err(unmatched) => {
            let errors: Vec<_> = unmatched.iter().map(Diagnostic::unmatched).collect();
            messages.errors(&errors, &source);
            return Err(Rejected.into());
        }
    };
    let mut input = None;
    if let Some(start) = input_start {
        input = Some(source.bytes()[start as usize..].to_vec());
        let program_text = source.bytes()[..start as usize].to_vec();
        source = Source::new(source.name(), program_text)?;
    } else if is_stdin && behind == InputBehind::Bang {
        // Standard input is used up.
        input = Some(Vec::new());
    }
    if source.bytes().len() <= MAX_LINTED_BYTES {
        messages.warnings(&lint(&source, &options, &program, &dialect), &source);
    }
    program.entry = Entry::of(&dialect);
    let read = RefCell::new(Some((options.granularity, program)));
    Ok(Checked { source: Arc::new(source), dialect, options, read, reading, input })
}

fn options(dialect: &Dialect, args: &DialectArgs, bang: Bang) -> Options {
    let hash = if args.debug_hash { Hash::Dump } else { Hash::Comment };
    Options { width: dialect.width, granularity: Granularity::Folded, hash, bang }
}

/// Refuses to write over the program.
///
/// # Errors
/// `output` is the file of `program`.
pub fn keep_source(program: &Path, output: &Path) -> Result<()> {
    if let (Ok(program), Ok(output_file)) = (std::fs::metadata(program), std::fs::metadata(output))
        && (program.dev(), program.ino()) == (output_file.dev(), output_file.ino())
    {
        bail!("{} is the program itself; name another file with -o", output.display());
    }
    Ok(())
}

/// What `level` does to a program before code is made of it that runs at `start`, in order: it may fold while reading, and has
/// passes.
pub fn stages(level: Level, start: Start) -> Vec<String> {
    let folds = format!("folding while reading ({})", WHILE_READING.join(", "));
    let reading = std::iter::repeat_n(folds, stages_of_reading(level));
    reading.chain(level.passes(start).map(|pass| format!("the pass `{}`", pass.name))).collect()
}

fn stages_of_reading(level: Level) -> usize {
    match level.row().granularity {
        Granularity::Commands | Granularity::Runs => 0,
        Granularity::Folded => 1,
    }
}

impl Checked {
    /// A source that another process has checked.
    pub fn again(source: Source, args: &DialectArgs) -> Checked {
        let dialect = args.dialect();
        let options = options(&dialect, args, Bang::Comment);
        Checked {
            source: Arc::new(source),
            dialect,
            options,
            read: RefCell::new(None),
            reading: Duration::ZERO,
            input: None,
        }
    }

    /// When code of the program starts that runs at once, where `policy` says what is compiled better later.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn start_of_code(&self, policy: &Policy) -> Result<Start> {
        let read = self.read.borrow().as_ref().map(|(_, program)| program.ops.len());
        let ops = match read {
            Some(ops) => ops,
            None => self.parse(self.options.granularity)?.ops.len(),
        };
        Ok(if ops > MAX_OPS_AT_ONCE && !policy.is_never() { Start::InParts } else { Start::AtOnce })
    }

    /// Warnings about what is surely a mistake.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn lint(&self) -> Result<Vec<Diagnostic>> {
        let program = self.parse(self.options.granularity)?;
        Ok(lint(&self.source, &self.options, &program, &self.dialect))
    }

    /// The program, one operation a command.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn literal(&self) -> Result<Program> {
        self.parse(Granularity::Commands)
    }

    /// The program, one operation for equal commands side by side: the reference interpreter is through with it sooner.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn in_runs(&self) -> Result<Program> {
        self.parse(Granularity::Runs)
    }

    /// The program after our passes of `level`, to run at `start`.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn optimized(&self, level: Level, start: Start) -> Result<Program> {
        let program = self.parsed(level)?;
        Ok(level.passes(start).fold(program, |program, pass| pass.apply(program)))
    }

    /// The program as it is read at `level`.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn parsed(&self, level: Level) -> Result<Program> {
        self.parse(level.row().granularity)
    }

    /// The program after the first `stages` of those that `level` has for code that runs at `start`: see [`stages`].
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn up_to(&self, level: Level, start: Start, stages: usize) -> Result<Program> {
        let Some(passes) = stages.checked_sub(stages_of_reading(level)) else { return self.literal() };
        let program = self.parse(level.row().granularity)?;
        Ok(level.passes(start).take(passes).fold(program, |program, pass| pass.apply(program)))
    }

    /// The passes of ours whose work is done while reading, when [`Checked::watched`] goes through these.
    pub fn unwatched(&self, level: Level, passes: Option<&[&'static Pass]>) -> impl Iterator<Item = &'static Pass> {
        let is_large = self.source.bytes().len() > MAX_WATCHED_BYTES;
        level.passes_while_reading().filter(move |_| passes.is_none() && is_large)
    }

    /// The program after `passes`, or without them those of `level`. `see` is handed it as it was read, and after each pass.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn watched(
        &self,
        level: Level,
        passes: Option<&[&'static Pass]>,
        mut see: impl FnMut(Option<&'static Pass>, &Program),
    ) -> Result<Program> {
        let is_whole = self.unwatched(level, passes).next().is_none();
        let (granularity, passes) = match passes {
            Some(passes) => (Granularity::Commands, passes.to_vec()),
            None if is_whole => {
                (Granularity::Commands, level.passes_while_reading().chain(level.passes(Start::Ahead)).collect())
            }
            None => (level.row().granularity, level.passes(Start::Ahead).collect()),
        };
        let mut program = self.parse(granularity)?;
        see(None, &program);
        for pass in passes {
            program = pass.apply(program);
            see(Some(pass), &program);
        }
        Ok(program)
    }

    /// The program after the passes that are asked for, to run at `start`, and what is asked for about them. The times go to
    /// `timing`.
    ///
    /// # Errors
    /// None: the source was checked.
    pub fn compiled_as(
        &self,
        args: &CompileArgs,
        level: Level,
        start: Start,
        messages: &Messages,
        timing: &mut Timing,
    ) -> Result<Program> {
        let is_watched = |pass: &Pass| args.print_after.iter().any(|wanted| wanted.name == pass.name);
        let (granularity, passes) = match &args.passes {
            // Whoever names the passes means to see all that they do.
            Some(passes) => (Granularity::Commands, passes.clone()),
            None if args.remarks.is_some() || level.passes_while_reading().any(is_watched) => {
                (Granularity::Commands, level.passes_while_reading().chain(level.passes(start)).collect())
            }
            None => (level.row().granularity, level.passes(start).collect()),
        };
        let clock = Instant::now();
        let mut program = self.parse(granularity)?;
        timing.step("parsing", self.reading + clock.elapsed());
        let mut observer = args.remarks.map(|_| Observer::new(&program));
        let mut runs = Vec::with_capacity(passes.len());
        for pass in passes {
            let before = program.ops.len();
            let clock = Instant::now();
            program = pass.apply(program);
            runs.push(PassRun { name: pass.name, time: clock.elapsed(), before, after: program.ops.len() });
            if let Some(observer) = &mut observer {
                observer.after(pass.name, &program);
            }
            if is_watched(pass) {
                messages.note(&format!("after {}:\n{}", pass.name, text::print(&program, Some(&self.source))));
            }
        }
        timing.our_passes(&runs);
        if let (Some(observer), Some(form)) = (observer, args.remarks) {
            let remarks = observer.finish(&program);
            messages.text(&match form {
                RemarkForm::Text => remarks::text(&remarks, &self.source),
                RemarkForm::Json => remarks::json(&remarks, &self.source),
            });
        }
        Ok(program)
    }

    fn parse(&self, granularity: Granularity) -> Result<Program> {
        if let Some((read, program)) = self.read.take()
            && read == granularity
        {
            return Ok(program);
        }
        let parsed = parse(&self.source, &Options { granularity, ..self.options });
        let program = parsed.map_err(|_| Rejected)?.program;
        Ok(Program { entry: Entry::of(&self.dialect), ..program })
    }
}
