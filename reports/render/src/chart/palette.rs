//! Colours. The eight of Okabe and Ito ("Color Universal Design", 2008) can be told apart with every common kind of colour
//! blindness; in the dark the same hues are lightened. SVGs carry the light colours as attributes, and the page's style
//! sheet overrides them in dark mode, so that an SVG file also stands alone.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// A series' colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// #0072B2.
    Blue,
    /// #D55E00.
    Vermillion,
    /// #009E73.
    Green,
    /// #E69F00.
    Orange,
    /// #56B4E9.
    Sky,
    /// #CC79A7.
    Purple,
    /// #F0E442, for areas only: too pale for a line on white.
    Yellow,
    /// #6E7781.
    Grey,
    /// #000000, white in the dark.
    Black,
}

/// Text and axes.
pub(super) const TEXT: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(0xD8, 0xDE, 0xE4);
/// Bands.
pub(super) const BAND: RGBColor = RGBColor(0xB3, 0x5A, 0x1F);
/// What PNG files stand on.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

/// Steps of the heat map, from pale to full: one hue, so that only lightness tells.
const HEAT: [(u8, u8, u8); 7] = [
    (0xDB, 0xE9, 0xF6),
    (0xB9, 0xD5, 0xEA),
    (0x8A, 0xBC, 0xDD),
    (0x57, 0x9E, 0xCB),
    (0x2D, 0x7D, 0xB6),
    (0x10, 0x5B, 0x9A),
    (0x08, 0x3A, 0x6B),
];
/// The same in the dark, where pale means dark.
const HEAT_DARK: [&str; 7] = ["#16283A", "#1B3A56", "#205073", "#296A96", "#4089B9", "#6FB0DA", "#B5DBF5"];

impl Ink {
    /// All, in the order in which series take them.
    pub const ALL: [Self; 9] = [
        Self::Blue,
        Self::Vermillion,
        Self::Green,
        Self::Orange,
        Self::Sky,
        Self::Purple,
        Self::Yellow,
        Self::Grey,
        Self::Black,
    ];

    pub(super) const fn colour(self) -> RGBColor {
        match self {
            Self::Blue => RGBColor(0x00, 0x72, 0xB2),
            Self::Vermillion => RGBColor(0xD5, 0x5E, 0x00),
            Self::Green => RGBColor(0x00, 0x9E, 0x73),
            Self::Orange => RGBColor(0xE6, 0x9F, 0x00),
            Self::Sky => RGBColor(0x56, 0xB4, 0xE9),
            Self::Purple => RGBColor(0xCC, 0x79, 0xA7),
            Self::Yellow => RGBColor(0xF0, 0xE4, 0x42),
            Self::Grey => RGBColor(0x6E, 0x77, 0x81),
            Self::Black => RGBColor(0x00, 0x00, 0x00),
        }
    }

    /// The colour as HTML writes it.
    #[must_use]
    pub fn hex(self) -> String {
        hex(self.colour())
    }

    const fn dark(self) -> &'static str {
        match self {
            Self::Blue => "#4DA9E8",
            Self::Vermillion => "#FF8A3D",
            Self::Green => "#2FC99A",
            Self::Orange => "#FFC247",
            Self::Sky => "#9BD7FA",
            Self::Purple => "#E9A5CA",
            Self::Yellow => "#F0E442",
            Self::Grey => "#9EA7B3",
            Self::Black => "#FFFFFF",
        }
    }
}

/// The colour of a heat from 0 to 1.
pub(super) fn heat(heat: f64) -> RGBColor {
    let step = heat_step(heat);
    let (r, g, b) = HEAT[step];
    RGBColor(r, g, b)
}

fn heat_step(heat: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=6")]
    let step = (heat.clamp(0.0, 1.0) * 6.0).round() as usize;
    step
}

fn hex(colour: RGBColor) -> String {
    let RGBColor(r, g, b) = colour;
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// The rules that turn charts dark, to stand under `prefers-color-scheme: dark`. A rule of a style sheet is stronger than
/// an SVG's own attributes.
#[must_use]
pub fn css() -> String {
    let mut pairs: Vec<(String, &str)> = Ink::ALL.iter().map(|ink| (hex(ink.colour()), ink.dark())).collect();
    pairs.extend([(hex(TEXT), "#E6EDF3"), (hex(GRID), "#30363D"), (hex(BAND), "#FFB27A"), (hex(PAPER), "#0D1117")]);
    pairs.extend(HEAT.iter().zip(HEAT_DARK).map(|(&(r, g, b), dark)| (hex(RGBColor(r, g, b)), dark)));
    let mut css = String::new();
    for (light, dark) in pairs {
        writeln!(css, "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}")
            .expect("a string takes everything");
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_of_a_chart_has_one_for_the_dark() {
        let css = css();
        for ink in Ink::ALL {
            assert!(css.contains(&hex(ink.colour())), "{ink:?} has no dark twin");
        }
    }

    #[test]
    fn more_heat_is_a_darker_step() {
        let luma = |value: f64| {
            let RGBColor(r, g, b) = heat(value);
            u32::from(r) * 3 + u32::from(g) * 6 + u32::from(b)
        };
        let steps: Vec<u32> = (0..7).map(|step| luma(f64::from(step) / 6.0)).collect();
        assert!(steps.is_sorted_by(|lighter, darker| lighter > darker), "{steps:?}");
    }
}
