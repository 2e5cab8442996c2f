//! What is made of several measurements.

/// The middle one, or the mean of the two in the middle.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(values[middle - 1].midpoint(values[middle])),
    }
}

#[must_use]
pub fn minimum(values: &[f64]) -> Option<f64> {
    values.iter().copied().min_by(f64::total_cmp)
}

/// The distance of the largest from the smallest of several, as a part of the median.
#[must_use]
pub fn spread(values: &[f64]) -> Option<f64> {
    let largest = values.iter().copied().max_by(f64::total_cmp)?;
    (values.len() > 1).then_some((largest - minimum(values)?) / median(values)?)
}

#[must_use]
pub fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    let logarithms: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (!ratios.is_empty()).then(|| (logarithms / ratios.len() as f64).exp())
}
