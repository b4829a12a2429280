using System.Security.Cryptography;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// A store in memory, as fast as tests of the registry need it. It passes the same contract as the data folder. A test
/// can let a write wait or fail.
/// </summary>
internal class MemoryModelStore : IModelStore
{
    private const string SamplesFile = "samples.json";

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Model> models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> probes = [];
    private IReadOnlyList<ModelReference> lastUses = [];

    /// <summary>Runs before each write: to wait, or to throw. Its argument names the write.</summary>
    public Func<string, Task>? OnWrite { get; set; }

    public Failure? Refusal { get; set; }

    /// <summary>How often the order of last uses was written.</summary>
    public int LastUsesWritten { get; private set; }

    /// <summary>The keys of the probes' results.</summary>
    public IReadOnlyList<string> ProbeKeys
    {
        get
        {
            lock (gate)
                return [.. probes.Keys];
        }
    }

    public Task<IReadOnlyList<StoredModel>> OpenAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult<IReadOnlyList<StoredModel>>([
                .. models.Select(pair => new StoredModel(
                    pair.Key,
                    pair.Value.Settings,
                    [
                        .. pair.Value.Versions.Select(version => new StoredVersion(
                            version.Key,
                            version.Value.Content.Model,
                            version.Value.Content.Manifest with
                            {
                                Files = version.Value.Files,
                            },
                            null
                        )),
                    ]
                )),
            ]);
        }
    }

    public Task<Failure?> CheckWritableAsync(long bytes, CancellationToken cancellationToken) =>
        Task.FromResult(Refusal);

    public StorageSpace? MeasureSpace() => null;

    public async Task<IReadOnlyDictionary<string, StoredFile>> PutVersionAsync(
        VersionContent content,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WriteAsync($"put {content.Manifest.Name}@{content.Manifest.Version}");
        byte[] weights = [.. content.Weights.SelectMany(part => part.ToArray())];
        var files = new Dictionary<string, StoredFile>
        {
            [StoredFile.Weights] = new(weights.Length, Convert.ToHexStringLower(SHA256.HashData(weights))),
        };
        if (content.Samples.Count > 0)
            files[SamplesFile] = new StoredFile(1, "");
        lock (gate)
        {
            var name = content.Manifest.Name;
            var model = models.GetValueOrDefault(name) ?? new Model();
            if (model.Versions.ContainsKey(content.Manifest.Version) && !content.Replaces)
                throw new ServingException(ErrorCode.StorageUnavailable, "The version exists.");
            models[name] = model;
            model.Versions[content.Manifest.Version] = new Version(content, weights, files);
        }

        return files;
    }

    public Task<FileStream> OpenWeightsAsync(
        string name,
        int version,
        StoredFile expected,
        CancellationToken cancellationToken
    )
    {
        byte[] weights;
        lock (gate)
        {
            weights =
                Find(name, version)?.Weights
                ?? throw new ServingException(ErrorCode.WeightsUnreadable, "There is no such version.");
        }

        if (Convert.ToHexStringLower(SHA256.HashData(weights)) != expected.Sha256)
            throw new ServingException(ErrorCode.WeightsUnreadable, "The file is not the one that was stored.");
        var file = new FileStream(
            Path.GetTempFileName(),
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None,
            4096,
            FileOptions.DeleteOnClose
        );
        file.Write(weights);
        file.Position = 0;
        return Task.FromResult(file);
    }

    public Task<IReadOnlyList<SampleDefinition>> ReadSamplesAsync(
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files,
        CancellationToken cancellationToken
    )
    {
        lock (gate)
        {
            return Task.FromResult(files.ContainsKey(SamplesFile) ? Find(name, version)?.Content.Samples ?? [] : []);
        }
    }

    public async Task PutSettingsAsync(string name, ModelSettings settings)
    {
        await WriteAsync($"settings {name}");
        lock (gate)
        {
            (
                models.GetValueOrDefault(name) ?? throw new ServingException(ErrorCode.StorageUnavailable, "No model.")
            ).Settings = settings;
        }
    }

    public async Task RemoveAsync(string name)
    {
        await WriteAsync($"remove {name}");
        lock (gate)
            models.Remove(name);
    }

    public async Task RemoveAsync(string name, int version)
    {
        await WriteAsync($"remove {name}@{version}");
        lock (gate)
            models.GetValueOrDefault(name)?.Versions.Remove(version);
    }

    public Task<string?> ReadProbeAsync(string key)
    {
        lock (gate)
            return Task.FromResult(probes.GetValueOrDefault(key));
    }

    public Task PutProbeAsync(string key, string text)
    {
        lock (gate)
            probes[key] = text;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ModelReference>> ReadLastUsesAsync()
    {
        lock (gate)
            return Task.FromResult(lastUses);
    }

    public async Task PutLastUsesAsync(IReadOnlyList<ModelReference> versions)
    {
        await Task.Yield();
        lock (gate)
        {
            if (Refusal is null)
                (lastUses, LastUsesWritten) = (versions, LastUsesWritten + 1);
        }
    }

    private async Task WriteAsync(string what)
    {
        if (Refusal is { } failure)
            throw new ServingException(failure);
        if (OnWrite is { } hook)
            await hook(what);
    }

    private Version? Find(string name, int version) =>
        models.GetValueOrDefault(name)?.Versions.GetValueOrDefault(version);

    private sealed class Model
    {
        public SortedDictionary<int, Version> Versions { get; } = [];

        public ModelSettings Settings { get; set; } = new();
    }

    private sealed record Version(
        VersionContent Content,
        byte[] Weights,
        IReadOnlyDictionary<string, StoredFile> Files
    );
}
