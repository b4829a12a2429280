namespace ModelService.Imaging.Resampling;

/// <summary>Takes the rows of a resized and cropped picture, from top to bottom.</summary>
internal interface IResampledRows
{
    /// <summary>Takes a row.</summary>
    /// <param name="pixels">The kept pixels, then bytes without meaning; valid during the call.</param>
    /// <param name="index">Index of the kept row.</param>
    void Write(ReadOnlySpan<byte> pixels, int index);
}
