namespace ModelService.Imaging.Augmentation;

/// <summary>A box of whole pixels.</summary>
/// <param name="Top">Index of its first row.</param>
/// <param name="Left">Index of its first column.</param>
/// <param name="Height">Number of rows.</param>
/// <param name="Width">Number of columns.</param>
public readonly record struct PixelBox(int Top, int Left, int Height, int Width);
