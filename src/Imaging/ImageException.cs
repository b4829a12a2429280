namespace ModelService.Imaging;

/// <summary>
/// Thrown when a picture is rejected. It is the only exception that the content of a file can cause.
/// </summary>
/// <param name="fault">Why the picture was rejected.</param>
/// <param name="detail">A sentence for the client: what was found, and what is allowed.</param>
/// <param name="innerException">The cause, for the log only.</param>
public sealed class ImageException(ImageFault fault, string detail, Exception? innerException = null)
    : Exception(detail, innerException)
{
    /// <summary>Why the picture was rejected.</summary>
    public ImageFault Fault { get; } = fault;
}
