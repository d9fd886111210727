//! A chart onto any plotters backend: bands first, then the grid, then the series, then the legend.

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::palette::{BAND, GRID, TEXT, heat};
use super::ticked::Ticked;
use super::{Band, Bar, Body, Cell, Chart, Line};

/// The inside of the axes, in pixels of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

/// What can be measured in text of the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Height of text in pixels.
    pub(super) text_px: u32,
    /// Width of a line in pixels.
    pub(super) line_px: u32,
}

type Failed<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;
type Coords = Cartesian2d<Ticked, Ticked>;
type Context<'a, DB> = ChartContext<'a, DB, Coords>;

/// The font of all text. In SVG the reader's own; for PNG it is registered by `output.rs`.
pub(super) const FONT: &str = "sans-serif";

/// Draws the chart.
pub(super) fn draw<DB: DrawingBackend>(
    chart: &Chart,
    area: &DrawingArea<DB, Shift>,
    look: Look,
) -> Result<Frame, Failed<DB>> {
    let legend_px = legend(chart, area, look)?;
    let (width, _) = area.dim_in_pixel();
    let text_px = look.text_px;
    let y_label_px = match &chart.body {
        Body::Bars(bars) => widest(bars, area, look)? + text_px,
        Body::Lines(_) | Body::Stacked(_) | Body::Heat(..) => text_px * 5,
    };
    let x_ticks = (width / (text_px * 7)).clamp(3, 12);
    let y_ticks = match chart.body {
        Body::Bars(_) => 0,
        Body::Lines(_) | Body::Stacked(_) | Body::Heat(..) => 6,
    };
    let mut context = ChartBuilder::on(area)
        .margin_top(legend_px)
        .margin_right(text_px * 2)
        .x_label_area_size(text_px * 3)
        .y_label_area_size(y_label_px.min(width / 2))
        .build_cartesian_2d(Ticked::new(&chart.x, x_ticks), Ticked::new(&chart.y, y_ticks))?;
    let (xs, ys) = context.plotting_area().get_pixel_range();
    let frame = Frame { left: xs.start, right: xs.end, top: ys.start, bottom: ys.end };
    bands(&mut context, chart, look)?;
    mesh(&mut context, chart, look)?;
    match &chart.body {
        Body::Lines(lines) => each_line(&mut context, chart, lines, look)?,
        Body::Stacked(lines) => stacked(&mut context, chart, lines)?,
        Body::Heat(cells, lines) => {
            heat_cells(&mut context, chart, cells)?;
            each_line(&mut context, chart, lines, look)?;
        }
        Body::Bars(all) => bars(&mut context, chart, all, area, frame, look)?,
    }
    Ok(frame)
}

fn mesh<DB: DrawingBackend>(context: &mut Context<'_, DB>, chart: &Chart, look: Look) -> Result<(), Failed<DB>> {
    let text = (FONT, look.text_px, &TEXT).into_text_style(context.plotting_area());
    let (x_label, y_label) = (|place: &f64| chart.x.tick_label(*place), |place: &f64| chart.y.tick_label(*place));
    let mut mesh = context.configure_mesh();
    mesh.x_labels(20).y_labels(20).max_light_lines(0).bold_line_style(GRID).axis_style(GRID);
    mesh.label_style(text.clone()).axis_desc_style(text).x_desc(chart.x.label.clone());
    mesh.x_label_formatter(&x_label).y_label_formatter(&y_label);
    mesh.draw()
}

fn bands<DB: DrawingBackend>(context: &mut Context<'_, DB>, chart: &Chart, look: Look) -> Result<(), Failed<DB>> {
    let (bottom, top) = chart.y.ends();
    let in_sight = |band: &&Band| band.span.0 < chart.x.to;
    for band in chart.bands.iter().filter(in_sight) {
        let (from, to) = (chart.x.place(band.span.0), chart.x.place(band.span.1));
        context.draw_series([Rectangle::new([(from, bottom), (to, top)], BAND.mix(0.13).filled())])?;
        context.draw_series([PathElement::new([(from, bottom), (from, top)], BAND.mix(0.7))])?;
    }
    let area = context.plotting_area().strip_coord_spec();
    let text = (FONT, look.text_px * 9 / 10, &BAND).into_text_style(&area);
    for (row, band) in (0_i32..).zip(chart.bands.iter().filter(in_sight)) {
        let (x, _) = context.plotting_area().map_coordinate(&(chart.x.place(band.span.0), top));
        let (left, _) = area.get_base_pixel();
        let height = i32::try_from(look.text_px).unwrap_or(i32::MAX);
        area.draw_text(&band.mark, &text, (x - left + 3, 2 + row % 8 * height))?;
    }
    Ok(())
}

/// Runs of values without a gap.
fn runs<'a>(chart: &'a Chart, line: &'a Line) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (x, value) in chart.xs.iter().zip(&line.values) {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((chart.x.place(*x), chart.y.place(*value))),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            (_, _) => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn each_line<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    chart: &Chart,
    lines: &[Line],
    look: Look,
) -> Result<(), Failed<DB>> {
    for line in lines {
        let style = line.ink.colour().stroke_width(look.line_px);
        for run in runs(chart, line) {
            if let [point] = run[..] {
                context.draw_series([Circle::new(point, look.line_px, line.ink.colour().filled())])?;
            } else if line.dashed {
                context.draw_series(DashedLineSeries::new(run, 6, 4, style))?;
            } else {
                context.draw_series(LineSeries::new(run, style))?;
            }
        }
    }
    Ok(())
}

fn stacked<DB: DrawingBackend>(context: &mut Context<'_, DB>, chart: &Chart, lines: &[Line]) -> Result<(), Failed<DB>> {
    let mut floor = vec![0.0; chart.xs.len()];
    for line in lines {
        let roof: Vec<f64> =
            floor.iter().zip(&line.values).map(|(floor, value)| floor + value.unwrap_or(0.0)).collect();
        if roof != floor {
            let place = |(x, y): (&f64, &f64)| (chart.x.place(*x), chart.y.place(*y));
            let above = chart.xs.iter().zip(&roof).map(place);
            let below = chart.xs.iter().zip(&floor).rev().map(place);
            let outline: Vec<_> = above.chain(below).collect();
            context.draw_series([Polygon::new(outline, line.ink.colour().filled())])?;
        }
        floor = roof;
    }
    Ok(())
}

fn heat_cells<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    chart: &Chart,
    cells: &[Cell],
) -> Result<(), Failed<DB>> {
    let corner = |cell: &Cell| {
        let low = (chart.x.place(cell.x.0), chart.y.place(cell.y.0));
        let high = (chart.x.place(cell.x.1), chart.y.place(cell.y.1));
        Rectangle::new([low, high], heat(cell.heat).filled())
    };
    context.draw_series(cells.iter().map(corner))?;
    Ok(())
}

fn bars<DB: DrawingBackend>(
    context: &mut Context<'_, DB>,
    chart: &Chart,
    bars: &[Bar],
    area: &DrawingArea<DB, Shift>,
    frame: Frame,
    look: Look,
) -> Result<(), Failed<DB>> {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    let (bottom, _) = chart.x.ends();
    let text = (FONT, look.text_px, &TEXT).into_text_style(area);
    let name = text.clone().pos(Pos::new(HPos::Right, VPos::Center));
    let value = text.pos(Pos::new(HPos::Left, VPos::Center));
    // Bars count from the top, the y axis from the bottom.
    for (row, bar) in (0_u32..).zip(bars.iter()) {
        let middle = chart.y.to - f64::from(row) - 0.5;
        let end = chart.x.place(bar.value);
        let corners = [(bottom, middle - 0.36), (end, middle + 0.36)];
        context.draw_series([Rectangle::new(corners, bar.ink.colour().filled())])?;
        let (x, y) = context.plotting_area().map_coordinate(&(end, middle));
        area.draw_text(&fitted(&bar.name, frame.left - 8, look), &name, (frame.left - 6, y))?;
        area.draw_text(&chart.x.write(bar.value), &value, (x + 4, y))?;
    }
    Ok(())
}

/// As much of a name as there is room for; the table beneath the chart has it in full.
fn fitted(name: &str, room_px: i32, look: Look) -> String {
    // An average letter is about half as wide as the text is high.
    let letters = usize::try_from(room_px).unwrap_or(0) * 2 / look.text_px.max(1) as usize;
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    name.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

fn widest<DB: DrawingBackend>(bars: &[Bar], area: &DrawingArea<DB, Shift>, look: Look) -> Result<u32, Failed<DB>> {
    let text = (FONT, look.text_px).into_text_style(area);
    let widths: Result<Vec<u32>, _> =
        bars.iter().map(|bar| area.estimate_text_size(&bar.name, &text).map(|(width, _)| width)).collect();
    Ok(widths?.into_iter().max().unwrap_or(0))
}

/// Draws the names of the series in rows over the chart, the y axis' label first, and returns how high that is.
fn legend<DB: DrawingBackend>(chart: &Chart, area: &DrawingArea<DB, Shift>, look: Look) -> Result<u32, Failed<DB>> {
    let text = (FONT, look.text_px, &TEXT).into_text_style(area);
    let text_px = i32::try_from(look.text_px).unwrap_or(i32::MAX);
    let (width, _) = area.dim_in_pixel();
    let width = i32::try_from(width).unwrap_or(i32::MAX);
    let (mut x, mut y) = (4, 2);
    let y_label = match chart.body {
        Body::Bars(_) => "",
        Body::Lines(_) | Body::Stacked(_) | Body::Heat(..) => chart.y.label.as_str(),
    };
    if !y_label.is_empty() {
        area.draw_text(y_label, &text, (x, y))?;
        y += text_px * 3 / 2;
    }
    for line in chart.lines() {
        let (name_px, _) = area.estimate_text_size(&line.name, &text)?;
        let item_px = text_px * 3 + i32::try_from(name_px).unwrap_or(i32::MAX);
        if x > 4 && x + item_px > width {
            (x, y) = (4, y + text_px * 3 / 2);
        }
        swatch(area, chart, line, (x, y + text_px / 2), text_px)?;
        area.draw_text(&line.name, &text, (x + text_px * 2, y))?;
        x += item_px + text_px / 2;
    }
    let rows_px = if chart.lines().is_empty() { y } else { y + text_px * 3 / 2 };
    Ok(u32::try_from(rows_px + text_px / 2).unwrap_or(0))
}

fn swatch<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    chart: &Chart,
    line: &Line,
    (x, y): (i32, i32),
    text_px: i32,
) -> Result<(), Failed<DB>> {
    let right = x + text_px * 3 / 2;
    if matches!(chart.body, Body::Stacked(_)) {
        let corners = [(x, y - text_px / 3), (right, y + text_px / 3)];
        return area.draw(&Rectangle::new(corners, line.ink.colour().filled()));
    }
    let style = line.ink.colour().stroke_width(3);
    if line.dashed {
        let middle = x + text_px * 3 / 4;
        area.draw(&PathElement::new([(x, y), (middle - 3, y)], style))?;
        return area.draw(&PathElement::new([(middle + 3, y), (right, y)], style));
    }
    area.draw(&PathElement::new([(x, y), (right, y)], style))
}
