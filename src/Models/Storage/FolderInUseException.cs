namespace ModelService.Models.Storage;

/// <summary>Another server owns the folder of models.</summary>
/// <param name="message">Which folder, and which process.</param>
public sealed class FolderInUseException(string message) : IOException(message);
