//! Arguments. The doc comments are what `--help` prints.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rushlight_core::DocumentKind;

mod kept;

pub(crate) use kept::{ConversationCommand, ConversationsArgs, ExportFormat, ReceiptCommand};

/// A private knowledge base: finds and answers from your notes, mail and PDFs, on your machine.
#[derive(Debug, Parser)]
#[command(
    name = "rushlight",
    version,
    about,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Globals {
    /// Where ledger, indexes and the token live
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A configuration file to read after the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Say more about what happens, on standard error; twice for details
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a folder of notes, mail or PDFs to a space; `index` or `serve` then reads it
    Add(AddArgs),
    /// Forget a folder and what was indexed of it; the files stay untouched
    Remove(RemoveArgs),
    /// Bring the index up to date with the folders, then end
    Index(IndexArgs),
    /// Serve the page and the API on this machine, and follow every change of the folders
    Serve(ServeArgs),
    /// Find passages by word and by meaning
    Search(SearchArgs),
    /// Show what a document links to, what links to it, and the conversation a mail is part of
    Links(LinksArgs),
    /// Find documents about the same as one
    Similar(SimilarArgs),
    /// Answer a question from the documents, with citations that can be checked
    Ask(AskArgs),
    /// List, search, show, export, rename and delete kept conversations
    Conversations(ConversationsArgs),
    /// Show what an answer was made from, check it against the documents, and ask it again
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Show folders, spaces, what is searchable and what is not, and why
    Status(StatusArgs),
    /// Compare folders, ledger and both indexes, and say whether anything is lost or doubled
    Verify(VerifyArgs),
    /// Let a folder's files wait, or every folder's; what is indexed stays searchable
    Pause(PauseArgs),
    /// Let the files that wait go on, of a folder or of all
    Resume(PauseArgs),
    /// List, install and verify models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check this machine and the installation, and say what to do about what is wrong
    Doctor,
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Measure search or answers on a set of questions with known answers
    Eval(EvalArgs),
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Parse files for another process
    #[command(hide = true)]
    ParseWorker,
}

/// Arguments of `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The folder
    pub path: PathBuf,
    /// The space its documents live in; made when it is new
    #[arg(long, default_value = "personal")]
    pub space: String,
}

/// Arguments of `remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The folder, or its number as `status` shows it
    pub source: String,
}

/// Arguments of `index`.
#[derive(Debug, Args)]
pub struct IndexArgs {
    /// End as soon as everything is found by word, and leave finding by meaning to the next run
    #[arg(long)]
    pub by_word: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Read and parse every file again, and compare texts and passages too
    #[arg(long)]
    pub full: bool,
    /// Do so with a random share of the files, like 5%
    #[arg(long, value_name = "PERCENT", conflicts_with = "full", value_parser = percent)]
    pub sample: Option<f64>,
    /// Take the same files as the sample that printed this seed
    #[arg(long, requires = "sample")]
    pub seed: Option<u64>,
}

/// A share in percent, with or without its sign.
fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| "a number of percent is expected, like 5%".to_owned())?;
    match number > 0.0 && number <= 100.0 {
        true => Ok(number),
        false => Err("it must be above 0 and at most 100".to_owned()),
    }
}

/// Arguments of `pause` and `resume`.
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The folder, or its number as `status` shows it; all of them when left out
    pub source: Option<String>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; only this machine's own (loopback) is accepted
    #[arg(long)]
    pub host: Option<String>,
    /// Port to listen on; 0 takes any free one
    #[arg(long)]
    pub port: Option<u16>,
}

/// What to search in.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Only this space; may be given several times
    #[arg(long = "space", value_name = "NAME")]
    pub spaces: Vec<String>,
    /// Only this kind; may be given several times
    #[arg(long = "kind", value_name = "KIND", value_parser = kind())]
    pub kinds: Vec<DocumentKind>,
}

/// A kind of document by its name; help and completions list them.
fn kind() -> impl TypedValueParser<Value = DocumentKind> {
    let names = PossibleValuesParser::new(DocumentKind::ALL.map(DocumentKind::as_str));
    names.map(|name| DocumentKind::from_name(&name).expect("only names of kinds are possible values"))
}

/// Arguments of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words, a question, or the query language: 'tea -coffee from:anna after:2024-03 "green tea"'
    #[arg(required = true, num_args = 1..)]
    pub query: Vec<String>,
    /// Where to search
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// At most so many passages
    #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub limit: u16,
    /// By word, by meaning, or both
    #[arg(long, value_enum, default_value_t = ModeArg::Hybrid)]
    pub mode: ModeArg,
    /// Only documents of this folder, or its number as `status` shows it
    #[arg(long, value_name = "FOLDER")]
    pub source: Option<String>,
    /// Only documents from this day on, like 2024-03-01
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Only documents before this day
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Raise newer documents among equals
    #[arg(long)]
    pub recent: bool,
    /// The order: by relevance, or every document that holds the words by date or title
    #[arg(long, value_enum, default_value_t = SortArg::Relevance)]
    pub sort: SortArg,
    /// Count the documents that hold the words by type, space, folder, person, tag and year
    #[arg(long)]
    pub facets: bool,
    /// List every passage by itself: do not put those of one document, conversation or version together
    #[arg(long)]
    pub ungrouped: bool,
    /// Let the reranking model put the best passages in order, whatever the configuration says
    #[arg(long, overrides_with = "no_rerank")]
    pub rerank: bool,
    /// Leave them as words and meaning have them
    #[arg(long, overrides_with = "rerank")]
    pub no_rerank: bool,
    /// Show how the query was understood, why each passage is where it is, and where the time went
    #[arg(long)]
    pub explain: bool,
}

/// Which legs of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Both.
    Hybrid,
    /// By word.
    Keyword,
    /// By meaning.
    Semantic,
}

/// The order of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortArg {
    /// The best first.
    Relevance,
    /// Latest date first.
    Newest,
    /// Earliest date first.
    Oldest,
    /// By title.
    Title,
}

/// Arguments of `links`.
#[derive(Debug, Args)]
pub struct LinksArgs {
    /// The document's file, or its id as `search --json` prints it
    pub document: String,
}

/// Arguments of `similar`.
#[derive(Debug, Args)]
pub struct SimilarArgs {
    /// The document's file, or its id as `search --json` prints it
    pub document: String,
    /// At most so many documents
    #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub limit: u16,
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
#[command(after_help = ASK_EXAMPLES)]
pub struct AskArgs {
    /// The question
    #[arg(required = true, num_args = 1..)]
    pub question: Vec<String>,
    /// How it is to be answered; left out: as its words say
    #[arg(long = "as", value_name = "KIND", value_parser = ["fact", "list", "summary", "comparison"])]
    pub kind: Option<String>,
    /// Keep question and answer, with their receipt, in a new conversation
    #[arg(long, conflicts_with = "conversation")]
    pub keep: bool,
    /// Ask in this conversation, as `rushlight conversations` numbers it, and keep the answer there
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
    /// Ask this language model, as `rushlight models list` names it; left out: that of the settings
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Where to search
    #[command(flatten)]
    pub scope: ScopeArgs,
}

const ASK_EXAMPLES: &str = "\
Examples:
  rushlight ask \"What is the notice period?\"              a fact, from the best passages
  rushlight ask \"How many mails from Ada about the audit?\"  a list: every match is walked, each row has its citation
  rushlight ask 所有2025年到期的合約                         the same in Chinese
  rushlight ask \"Summarise the travel policy\"              a summary of one document or mail conversation
  rushlight ask \"What changed in the travel policy?\"       two documents or versions, with both quotations
  rushlight ask --as fact \"How many files did Bo send?\"    another reading than the words suggest
  rushlight ask --model NAME \"Who signed the lease?\"        another installed language model

docs/answers.md explains the kinds.";

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// List the files that are not searchable, or only in part, and why
    #[arg(long)]
    pub problems: bool,
}

/// Arguments of `eval`.
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub struct EvalArgs {
    /// Questions in TOML, asked of your own index; or a folder with corpus.jsonl, queries.jsonl and qrels.tsv, or a recipe of
    /// several, in indexes of their own
    #[arg(required_unless_present_any = ["compare", "export_judgements"])]
    pub set: Option<PathBuf>,
    /// Only this space, for questions that name none; may be given several times
    #[arg(long = "space", value_name = "NAME")]
    pub spaces: Vec<String>,
    /// Another file of queries in the folder
    #[arg(long, default_value = "queries.jsonl", value_name = "FILE")]
    pub queries: String,
    /// Only queries of this split
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// Only the first so many queries
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Weights of the semantic leg to try on a folder or recipe, from 0 to 1; the configured one when left out
    #[arg(long, value_delimiter = ',', value_name = "W,…")]
    pub weights: Vec<f32>,
    /// The folder that a recipe's paths are relative to; the recipe's own when left out
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Ask every question end to end and judge its answer: of a recipe with classes (see tests/bench/sets/answers.toml), or of
    /// questions in TOML. --split dev or test, --limit questions of each class; with --out a run that was broken off goes on
    #[arg(long, conflicts_with_all = ["weights", "export_judgements"])]
    pub answers: bool,
    /// Refuse no question for its probability, so that any threshold can be looked at afterwards
    #[arg(long, requires = "answers")]
    pub answer_all: bool,
    /// Keep the run in this file, with every query's ranking or every question's answer
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show what got better and worse since this kept run: of the set that is run now, or of a second kept run
    #[arg(long, num_args = 1..=2, value_names = ["OLD", "NEW"])]
    pub compare: Vec<PathBuf>,
    /// Write what you marked as right on the page as a set of questions; - for standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "compare", "out"])]
    pub export_judgements: Option<PathBuf>,
}

const EVAL_EXAMPLES: &str = "\
Examples:
  rushlight eval --export-judgements mine.toml      what you marked as right on the page, as questions
  rushlight eval mine.toml --out before.json        how well they are found: by word, by meaning, fused
  rushlight eval mine.toml --compare before.json    what got better and worse since
  rushlight eval --compare before.json after.json   the same of two kept runs
  rushlight eval data/scifact --split validation    a public set, in indexes of its own
  rushlight eval --answers mine.toml --out a.jsonl  how well they are answered

docs/evaluation.md explains sets and measures.";

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the catalogue and what is installed
    List,
    /// Fetch models by name; without a name, the configured language and embedding model and their runtime
    Install {
        /// Names as `models list` shows them
        ids: Vec<String>,
    },
    /// Read installed models whole and compare their SHA-256 with the catalogue; without a name, all of them
    Verify {
        /// Names as `models list` shows them
        ids: Vec<String>,
    },
    /// Print the file or folder of an installed model
    Path {
        /// Name as `models list` shows it
        id: String,
    },
    /// Install a model from a file: any GGUF, or the original of a catalogue's model; or a reranking model from a folder
    Add {
        /// The file, or a folder with a cross-encoder's `model.onnx` and `tokenizer.json`
        file: PathBuf,
        /// Name to give it
        #[arg(long)]
        id: Option<String>,
    },
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every value and where it comes from
    Show,
    /// Print every option with its default and what it means, as a file to start from
    Default,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense_and_kinds_are_listed() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        let names = DocumentKind::ALL.map(DocumentKind::as_str).join(", ");
        for name in ["search", "ask"] {
            let subcommand = command.find_subcommand_mut(name).expect("there is one");
            let help = subcommand.render_help().to_string();
            let help: Vec<&str> = help.split_whitespace().collect();
            assert!(help.join(" ").contains(&names), "{name}");
        }
    }

    #[test]
    fn kinds_are_read_or_refused() {
        let parse = |kind| Cli::try_parse_from(["rushlight", "search", "tea", "--kind", kind]);
        for kind in DocumentKind::ALL {
            let Command::Search(args) = parse(kind.as_str()).expect("a kind").command else {
                panic!("`search` was given");
            };
            assert_eq!(args.scope.kinds, [kind]);
        }
        let refused = parse("film").expect_err("no kind").to_string();
        assert!(refused.contains("slides"), "{refused}");
    }
}
