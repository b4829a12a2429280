namespace ModelService.Models.Storage;

/// <summary>A folder of the server can't be used. The message says why, and what its operator can do.</summary>
/// <param name="message">The message, in one line.</param>
/// <param name="innerException">The cause, if the system gave one.</param>
public sealed class UnusableFolderException(string message, Exception? innerException = null)
    : IOException(message, innerException);
