//! The curves of the network. They call no library, so the same input gives the same bits on every machine.

/// e^x within 2e-7 relative, by a polynomial: the C library's differs from machine to machine.
#[inline]
pub fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    // Past e^88 the exponent of 32 bits is full, and the sum below would wrap round.
    let scaled = x.clamp(-87.0, 87.0) * std::f32::consts::LOG2_E;
    let shifted = scaled + MAGIC;
    let part = (scaled - (shifted - MAGIC)) * std::f32::consts::LN_2;
    let whole = shifted.to_bits().wrapping_sub(MAGIC.to_bits());
    let power = f32::from_bits(whole.wrapping_add(127) << 23);
    let tail = part * (1.0 / 24.0 + part * (1.0 / 120.0 + part * (1.0 / 720.0)));
    power * (1.0 + part * (1.0 + part * (0.5 + part * (1.0 / 6.0 + tail))))
}

/// The logistic curve.
#[inline]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
#[inline]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Negative values shrunk to a tenth.
#[inline]
pub fn leaky(x: f32) -> f32 {
    if x > 0.0 { x } else { 0.1 * x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curves_agree_with_the_library() {
        for step in -400..400 {
            let x = step as f32 * 0.1;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
            assert!((tanh(x) - x.tanh()).abs() < 1e-5, "{x}");
        }
    }
}
