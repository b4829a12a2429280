using ModelService.Models.Errors;
using ModelService.Models.Language;

namespace ModelService.Models.Storage;

/// <summary>
/// Keeps models, so that they outlast the process. When a method that writes completes, the change is durable; when it
/// throws, nothing has changed. Methods don't block the caller's thread. Thread-safe, but the caller changes one model
/// at a time.
/// </summary>
/// <remarks>
/// Methods that write throw a <see cref="ServingException"/>: <see cref="ErrorCode.ReadOnly"/>, or
/// <see cref="ErrorCode.StorageUnavailable"/>, such as when the disk is full. <c>ModelStoreContract</c> in the tests is
/// the contract that every store passes.
/// </remarks>
public interface IModelStore
{
    /// <summary>
    /// Why this server never changes models: <see cref="ErrorCode.ReadOnly"/>; null when it does change them.
    /// </summary>
    Failure? Refusal { get; }

    /// <summary>Prepares the store for this server and lists its models, without reading their weights.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreInUseException">Another server owns the store.</exception>
    Task<IReadOnlyList<StoredModel>> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Finds out whether models can be changed now.</summary>
    /// <param name="bytes">The bytes that are to be written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// Why they can't: <see cref="ErrorCode.ReadOnly"/> or <see cref="ErrorCode.StorageUnavailable"/>; null when they
    /// can.
    /// </returns>
    Task<Failure?> CheckWritableAsync(long bytes, CancellationToken cancellationToken);

    /// <summary>Measures the room for models.</summary>
    /// <returns>The room; null when the store has no bounds, or can't tell them now.</returns>
    StorageSpace? MeasureSpace();

    /// <summary>Takes the number of a model's next version, which nobody else gets.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="following">The number that follows those that this server knows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The number. A store that one server owns need not keep it: it is <paramref name="following"/>, if nothing is
    /// stored meanwhile.
    /// </returns>
    Task<int> TakeNumberAsync(string name, int following, CancellationToken cancellationToken) =>
        Task.FromResult(following);

    /// <summary>Stores a version.</summary>
    /// <param name="content">The version.</param>
    /// <param name="cancellationToken">Gives up a write that has not begun.</param>
    /// <returns>Its files, by name.</returns>
    Task<IReadOnlyDictionary<string, StoredFile>> PutVersionAsync(
        VersionContent content,
        CancellationToken cancellationToken
    );

    /// <summary>Opens a version's weights as a file on the local disk, after comparing its size and hash.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="expected">The size and hash of the file when it was stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The file, at its start; the caller disposes it. It stays readable when the version is removed meanwhile.
    /// </returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.WeightsUnreadable"/>: the file is missing, or not the one that was stored; or
    /// <see cref="ErrorCode.StorageUnavailable"/> with a time to try again: the store can't be reached.
    /// </exception>
    Task<FileStream> OpenWeightsAsync(
        string name,
        int version,
        StoredFile expected,
        CancellationToken cancellationToken
    );

    /// <summary>Reads the golden samples of a version.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="files">The version's files, by name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The samples; empty when it has none.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>: the file can't be read, or is not the one that was stored.
    /// </exception>
    Task<IReadOnlyList<SampleDefinition>> ReadSamplesAsync(
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files,
        CancellationToken cancellationToken
    );

    /// <summary>Stores the settings of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="settings">The settings.</param>
    Task PutSettingsAsync(string name, ModelSettings settings);

    /// <summary>Removes a model with all of its versions; does nothing when there is none.</summary>
    /// <param name="name">The model's name.</param>
    Task RemoveAsync(string name);

    /// <summary>Removes a version; does nothing when there is none.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    Task RemoveAsync(string name, int version);

    /// <summary>Reads the result of a plan probe.</summary>
    /// <param name="key">The probe's key, in hexadecimal.</param>
    /// <returns>The text that was stored; null when there is none.</returns>
    Task<string?> ReadProbeAsync(string key);

    /// <summary>Stores the result of a plan probe. Does nothing when the store can't be written.</summary>
    /// <param name="key">The probe's key, in hexadecimal.</param>
    /// <param name="text">The result.</param>
    Task PutProbeAsync(string key, string text);

    /// <summary>Reads the order in which versions were used last.</summary>
    /// <returns>
    /// The versions, the last used one first; empty when the order was never stored, or can't be read.
    /// </returns>
    Task<IReadOnlyList<ModelReference>> ReadLastUsesAsync();

    /// <summary>
    /// Stores the order in which versions were used last. Does nothing when the store can't be written.
    /// </summary>
    /// <param name="versions">The versions, the last used one first.</param>
    Task PutLastUsesAsync(IReadOnlyList<ModelReference> versions);
}

/// <summary>Another server owns the store.</summary>
/// <param name="message">A message that names the store and the other server.</param>
public sealed class StoreInUseException(string message) : IOException(message);
