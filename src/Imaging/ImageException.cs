namespace ModelService.Imaging;

/// <summary>A picture was refused. Nothing else is thrown because of what is in the bytes.</summary>
/// <param name="fault">Why.</param>
/// <param name="detail">A sentence for the client: what was found, what would fit.</param>
/// <param name="innerException">The cause, for the log only.</param>
public sealed class ImageException(ImageFault fault, string detail, Exception? innerException = null)
    : Exception(detail, innerException)
{
    /// <summary>Why the picture was refused.</summary>
    public ImageFault Fault { get; } = fault;
}
