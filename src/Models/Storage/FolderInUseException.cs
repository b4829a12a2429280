namespace ModelService.Models.Storage;

/// <summary>Another server owns the data folder.</summary>
/// <param name="message">A message with the folder and the other server's process id.</param>
public sealed class FolderInUseException(string message) : IOException(message);
