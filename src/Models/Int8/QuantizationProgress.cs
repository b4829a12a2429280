namespace ModelService.Models.Int8;

/// <summary>Is told how far a quantization is. Called on any thread.</summary>
/// <param name="phase">What it does: <c>images</c> are prepared, <c>ranges</c> chosen, <c>times</c> measured.</param>
/// <param name="step">How many of them are done.</param>
/// <param name="steps">How many there are.</param>
internal delegate void QuantizationProgress(string phase, int step, int steps);
