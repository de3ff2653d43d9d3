use super::super::frame::turned;
use super::*;

/// A line of a page at this height, for tests of what becomes of lines.
pub(crate) fn sample_line(text: &str, top: u16) -> Line {
    Line {
        text: text.to_owned(),
        place: Box1000 {
            left: 100,
            top,
            right: 900,
            bottom: top + 12,
        },
        ..Line::default()
    }
}

fn run(text: &str, left: f32, baseline: f32, size: f32) -> Run {
    let width: f32 = text.chars().map(|c| if c.is_ascii() { 0.5 } else { 1.0 }).sum();
    Run {
        text: text.to_owned(),
        left,
        right: left + width * size,
        baseline,
        size,
        turn: 0,
    }
}

fn texts(runs: Vec<Run>) -> Vec<String> {
    lines(runs, Frame::default())
        .into_iter()
        .map(|line| line.text)
        .collect()
}

#[test]
fn two_columns_are_read_one_after_the_other() {
    let mut runs = vec![run(
        "A title over both of the columns of this page",
        50.0,
        800.0,
        20.0,
    )];
    for n in 0..5 {
        let y = 760.0 - 12.0 * n as f32;
        runs.push(run(&format!("left column, line number {n} of it"), 50.0, y, 10.0));
        runs.push(run(
            &format!("right column, line number {n} of it"),
            300.0,
            y - 3.0,
            10.0,
        ));
    }
    runs.push(run(
        "One line below that crosses the gutter between the two columns of it",
        50.0,
        600.0,
        10.0,
    ));
    let got = texts(runs);
    assert_eq!(got[0], "A title over both of the columns of this page");
    assert!(got[1..6].iter().all(|text| text.starts_with("left")), "{got:?}");
    assert!(got[6..11].iter().all(|text| text.starts_with("right")), "{got:?}");
    assert!(got[11].starts_with("One line below"));
}

#[test]
fn columns_of_chinese_are_columns_too() {
    let mut runs = Vec::new();
    for n in 0..4 {
        let y = 760.0 - 14.0 * n as f32;
        runs.push(run("左欄的文字一共有十二個字", 50.0, y, 10.0));
        runs.push(run("右栏的文字一共有十二个字", 300.0, y, 10.0));
    }
    let got = texts(runs);
    assert!(got[..4].iter().all(|text| text.starts_with('左')), "{got:?}");
}

#[test]
fn rows_of_a_table_stay_on_a_line() {
    let mut runs = Vec::new();
    for (n, (name, a, b)) in [
        ("Net sales of tea", "1,200", "900"),
        ("Cost of sales", "800", "750"),
        ("Gross margin", "400", "150"),
    ]
    .into_iter()
    .enumerate()
    {
        let y = 700.0 - 12.0 * n as f32;
        runs.extend([
            run(name, 50.0, y, 10.0),
            run(a, 300.0, y, 10.0),
            run(b, 400.0, y, 10.0),
        ]);
    }
    let got = lines(runs, Frame::default());
    assert_eq!(got[0].text, "Net sales of tea\t1,200\t900");
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|line| line.is_row && line.begins));
}

#[test]
fn words_join_by_their_gap_and_a_raised_figure_stays_on_its_line() {
    let got = texts(vec![
        run("as", 50.0, 700.0, 10.0),
        run("shown", 63.0, 700.0, 10.0),
        run("ele", 50.0, 680.0, 10.0),
        run("phant", 65.2, 680.0, 10.0),
        run("3", 90.5, 683.5, 6.0),
    ]);
    assert_eq!(got, ["as shown", "elephant3"]);
}

#[test]
fn a_raised_sign_stays_between_the_words_it_stands_between() {
    let got = texts(vec![
        run("the App Store", 50.0, 700.0, 10.0),
        run("®", 115.2, 704.5, 5.0),
        run("and more of it", 123.0, 700.0, 10.0),
    ]);
    assert_eq!(got, ["the App Store® and more of it"]);
}

#[test]
fn what_is_printed_twice_for_weight_is_read_once() {
    let got = texts(vec![
        run("Total", 50.0, 700.0, 10.0),
        run("Total", 50.4, 700.2, 10.0),
    ]);
    assert_eq!(got, ["Total"]);
}

#[test]
fn a_wider_gap_an_indent_or_an_item_begins_a_paragraph() {
    let line = |text: &str, left, y| run(text, left, y, 10.0);
    let got = lines(
        vec![
            line("The first paragraph has two lines that are", 50.0, 700.0),
            line("filled nearly to the margin on the right", 50.0, 688.0),
            line("Indented is the second one, as in books are", 62.0, 676.0),
            line("and it goes on with a line of its own here", 50.0, 664.0),
            line("The third stands apart from the second one", 50.0, 640.0),
            line("• an item", 50.0, 628.0),
        ],
        Frame::default(),
    );
    let begins: Vec<bool> = got.iter().map(|line| line.begins).collect();
    assert_eq!(begins, [true, false, true, false, true, true]);
}

#[test]
fn places_are_thousandths_from_the_upper_left_and_turned_text_has_them_too() {
    let frame = Frame {
        left: 0.0,
        bottom: 0.0,
        width: 100.0,
        height: 200.0,
        turn: 0,
    };
    let upright = lines(vec![run("ab", 10.0, 150.0, 10.0)], frame);
    assert_eq!(
        upright[0].place,
        Box1000 {
            left: 100,
            top: 206,
            right: 200,
            bottom: 261
        }
    );
    let (x, y) = turned(50.0, 20.0, 1);
    let mut up = run("ab", x, y, 10.0);
    up.turn = 1;
    let place = lines(vec![up], frame)[0].place;
    assert_eq!(
        (place.top, place.bottom),
        (850, 900),
        "it runs upwards from 20 to 30"
    );
    assert!(place.left < 500 && place.right > 500);
}

#[test]
fn hebrew_is_put_together_from_the_right() {
    let got = texts(vec![
        run("עולם", 50.0, 700.0, 10.0),
        run("שלום", 120.0, 700.0, 10.0),
    ]);
    assert_eq!(got, ["שלום\tעולם"]);
}
