//! A logistic curve fitted to rows of numbers.

use dateline::event::learned::weigh::Curve;
use dateline::language::curves::sigmoid;

/// Steps of Newton's method: the fit no longer moves after five or six.
const STEPS: usize = 9;

/// Fits a curve to rows that count as much as `counts` says; `ridge` holds weights small, in units of rows.
pub(crate) fn fit(rows: &[Vec<f32>], right: &[bool], counts: &[f64], ridge: f64) -> Curve {
    let width = rows.first().map_or(0, Vec::len);
    let count = rows.len().max(1) as f64;
    let mut means = vec![0.0f64; width];
    for row in rows {
        for (mean, value) in means.iter_mut().zip(row) {
            *mean += f64::from(*value) / count;
        }
    }
    let mut spreads = vec![0.0f64; width];
    for row in rows {
        for ((spread, value), mean) in spreads.iter_mut().zip(row).zip(&means) {
            *spread += (f64::from(*value) - mean).powi(2) / count;
        }
    }
    let scales = spreads
        .iter()
        .map(|s| if *s > 1e-12 { 1.0 / s.sqrt() } else { 0.0 });
    let scales = scales.collect::<Vec<_>>();
    let scaled = rows
        .iter()
        .map(|row| {
            let numbers = row.iter().zip(&means).zip(&scales);
            let mut row = numbers
                .map(|((value, mean), scale)| (f64::from(*value) - mean) * scale)
                .collect::<Vec<_>>();
            row.push(1.0);
            row
        })
        .collect::<Vec<_>>();
    let weights = newton(&scaled, right, counts, ridge);
    Curve {
        means: means.iter().map(|mean| *mean as f32).collect(),
        weights: weights
            .iter()
            .zip(&scales)
            .map(|(w, scale)| (w * scale) as f32)
            .collect(),
        bias: weights.last().map_or(0.0, |bias| *bias as f32),
    }
}

/// The weights of scaled rows, the bias last, which nothing holds small.
fn newton(rows: &[Vec<f64>], right: &[bool], counts: &[f64], ridge: f64) -> Vec<f64> {
    let width = rows.first().map_or(1, Vec::len);
    let mut weights = vec![0.0; width];
    for _ in 0..STEPS {
        let mut slope = weights
            .iter()
            .map(|weight| weight * ridge)
            .collect::<Vec<_>>();
        let mut bend = vec![0.0; width * width];
        for at in 0..width {
            bend[at * width + at] = ridge + 1e-6;
        }
        slope[width - 1] = 0.0;
        bend[width * width - 1] = 1e-6;
        for ((row, right), count) in rows.iter().zip(right).zip(counts) {
            let sum = row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
            let odds = f64::from(sigmoid(sum as f32));
            let off = (odds - f64::from(*right)) * count;
            let weight = (odds * (1.0 - odds)).max(1e-6) * count;
            for (i, x) in row.iter().enumerate() {
                slope[i] += off * x;
                let factor = weight * x;
                if factor != 0.0 {
                    for (slot, other) in bend[i * width..][..=i].iter_mut().zip(row) {
                        *slot += factor * other;
                    }
                }
            }
        }
        let step = solve(bend, slope, width);
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight -= step;
        }
    }
    weights
}

/// Solves a positive definite system, given by its lower half, by Cholesky's method.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>, n: usize) -> Vec<f64> {
    for i in 0..n {
        for j in 0..=i {
            let dot = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum::<f64>();
            let rest = a[i * n + j] - dot;
            a[i * n + j] = if i == j {
                rest.max(1e-9).sqrt()
            } else {
                rest / a[j * n + j]
            };
        }
    }
    for i in 0..n {
        let dot = (0..i).map(|k| a[i * n + k] * b[k]).sum::<f64>();
        b[i] = (b[i] - dot) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let dot = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum::<f64>();
        b[i] = (b[i] - dot) / a[i * n + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_fits_the_share_of_right_rows() {
        let rows = (0..400)
            .map(|at| vec![(at % 4) as f32, 1.0])
            .collect::<Vec<_>>();
        let right = (0..400)
            .map(|at| (at / 4) % 10 < 2 * (at % 4))
            .collect::<Vec<_>>();
        let curve = fit(&rows, &right, &[1.0; 400], 0.01);
        assert!(curve.probability(&[0.0, 1.0]) < 0.1);
        assert!((curve.probability(&[2.0, 1.0]) - 0.4).abs() < 0.08);
    }
}
