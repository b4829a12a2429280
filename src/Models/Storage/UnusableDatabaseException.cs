namespace ModelService.Models.Storage;

/// <summary>The database of the models can't be used. The message says why, and what its operator can do.</summary>
/// <param name="message">The message, in one line.</param>
/// <param name="innerException">The cause, if there is one.</param>
public sealed class UnusableDatabaseException(string message, Exception? innerException = null)
    : IOException(message, innerException);
