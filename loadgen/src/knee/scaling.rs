//! The Universal Scalability Law through measured points, by least squares.
//!
//! `N / X` is a parabola in `N`: `(1 - sigma)/lambda + (sigma - kappa)/lambda N + kappa/lambda N²` (Gunther, *Guerrilla
//! Capacity Planning*, chapter 5, in coefficients of `N`).

use record::Scaling;

/// Fewest points a law of three numbers is drawn through.
const FEWEST: usize = 4;

/// The law through points of concurrency and throughput; none when they are too few, or give no law: throughput must
/// grow at first, and neither number may be negative.
#[must_use]
pub(super) fn fit(points: &[(f64, f64)]) -> Option<Scaling> {
    let usable: Vec<(f64, f64)> = points.iter().copied().filter(|(n, x)| *n > 0.0 && *x > 0.0).collect();
    if usable.len() < FEWEST {
        return None;
    }
    let [c0, c1, c2] = parabola(&usable.iter().map(|(n, x)| (*n, n / x)).collect::<Vec<_>>())?;
    let lambda_per_s = 1.0 / (c0 + c1 + c2);
    let kappa = c2 * lambda_per_s;
    let sigma = c1 * lambda_per_s + kappa;
    let lawful = lambda_per_s.is_finite() && lambda_per_s > 0.0 && sigma >= -1e-9 && kappa >= -1e-9;
    lawful.then_some(Scaling { lambda_per_s, sigma: sigma.max(0.0), kappa: kappa.max(0.0) })
}

/// The coefficients of the parabola nearest to the points, lowest power first; none when they lie on fewer than three
/// places of the x axis.
fn parabola(points: &[(f64, f64)]) -> Option<[f64; 3]> {
    // The normal equations, as a matrix of three rows and four columns.
    let mut rows = [[0.0; 4]; 3];
    for (x, y) in points {
        let powers = [1.0, *x, x * x];
        for (row, left) in rows.iter_mut().zip(powers) {
            for (cell, right) in row.iter_mut().zip(powers) {
                *cell += left * right;
            }
            row[3] += left * y;
        }
    }
    for pivot in 0..3 {
        let best = (pivot..3).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs()))?;
        rows.swap(pivot, best);
        let divisor = rows[pivot][pivot];
        if divisor.abs() < 1e-12 {
            return None;
        }
        rows[pivot].iter_mut().for_each(|cell| *cell /= divisor);
        let row = rows[pivot];
        for (other, cells) in rows.iter_mut().enumerate().filter(|(other, _)| *other != pivot) {
            let factor = cells[pivot];
            debug_assert_ne!(other, pivot, "a row is not taken from itself");
            cells.iter_mut().zip(row).for_each(|(cell, of_pivot)| *cell -= factor * of_pivot);
        }
    }
    Some(rows.map(|row| row[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_law_give_the_law_back() {
        let law = Scaling { lambda_per_s: 995.0, sigma: 0.0267, kappa: 0.000_77 };
        let points: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].map(|n| (n, law.at(n))).to_vec();
        let found = fit(&points).unwrap();
        assert!((found.lambda_per_s - 995.0).abs() < 0.01, "{found:?}");
        assert!((found.sigma - 0.0267).abs() < 1e-6 && (found.kappa - 0.000_77).abs() < 1e-7, "{found:?}");
    }

    #[test]
    fn too_few_points_and_points_on_one_place_give_none() {
        assert_eq!(fit(&[(1.0, 10.0), (2.0, 19.0), (3.0, 27.0)]), None);
        assert_eq!(fit(&[(2.0, 10.0), (2.0, 11.0), (2.0, 12.0), (2.0, 10.0)]), None);
    }
}
