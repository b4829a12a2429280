using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.OpenInference;

/// <summary>Lists, loads and unloads models, over REST and gRPC.</summary>
internal sealed class Repository(ModelCatalog catalog, StagingFolder staging, IOptions<LimitsOptions> limits)
{
    private const string File = "file:";

    /// <summary>Lists the versions of all models.</summary>
    /// <param name="onlyReady">Whether to list only those that answer.</param>
    public IReadOnlyList<IndexEntry> List(bool onlyReady) =>
        [
            .. from model in catalog.List()
            from version in model.Versions
            let entry = IndexEntry.Create(version)
            where !onlyReady || entry.State == IndexEntry.Ready
            select entry,
        ];

    /// <summary>
    /// Loads a model: its default version; or, with a definition, a new version, or a new model. The other versions
    /// serve on, also when that fails.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="parameters">
    /// <c>config</c>: the definition as text; one <c>file:NAME</c> besides: its weights file, in base64 or as bytes.
    /// </param>
    /// <param name="findFile">Finds the bytes of a file.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException">The failure.</exception>
    public async Task LoadAsync(
        string name,
        InferParameters parameters,
        Func<string, byte[]> findFile,
        CancellationToken cancellationToken
    )
    {
        List<string> files =
        [
            .. parameters.Names.Where(parameter => parameter.StartsWith(File, StringComparison.Ordinal)),
        ];
        if (parameters.Text("config") is not { } config)
        {
            if (files.Count > 0)
                throw Wrong($"The parameter '{File}...' needs 'config' besides.");
            var version = catalog.Find(name).OrThrow().Default.Version;
            (await catalog.LoadAsync(name, version, cancellationToken)).OrThrow();
            return;
        }

        if (catalog.Refusal is { } refusal)
            throw new ServingException(refusal);
        if (files.Count > 1)
            throw Wrong($"There are {files.Count} parameters '{File}...'; a model has one weights file.");
        using var weights = files is [var file]
            ? await StagedFile.WriteAsync(
                new MemoryStream(findFile(file)),
                staging,
                limits.Value.MaxWeightsBytes,
                cancellationToken
            )
            : null;
        var definition = ReadDefinition(name, config);
        var terms = WeightsTerms.Default;
        if (catalog.Find(name) is { Failure.Code: ErrorCode.ModelNotFound })
        {
            definition["name"] = name;
            var model = catalog.Resolve(ToElement(definition)).OrThrow();
            (await catalog.CreateAsync(model, weights?.Upload, terms, cancellationToken)).OrThrow();
            return;
        }

        var next = catalog.ResolveVersion(name, ToElement(definition)).OrThrow();
        (await catalog.AddVersionAsync(next, weights?.Upload, terms, cancellationToken)).OrThrow();
    }

    /// <summary>Unloads all versions of a model: those in memory, and those that the next request would load.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException">The failure.</exception>
    public async Task UnloadAsync(string name)
    {
        foreach (var version in catalog.Find(name).OrThrow().Versions)
        {
            if (version.Current.IsServable)
                (await catalog.UnloadAsync(name, version.Version)).OrThrow();
        }
    }

    /// <summary>Reads a file's bytes from base64.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static byte[] FromBase64(string name, string text)
    {
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(text, bytes, out var length)
            ? bytes[..length]
            : throw Wrong($"The parameter '{Suggestions.Shorten(name)}' must be base64.");
    }

    private JsonObject ReadDefinition(string name, string config)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(config);
        if (bytes.Length > limits.Value.MaxDefinitionBytes)
            throw RequestBody.TooLarge(limits.Value.MaxDefinitionBytes);
        var json = RequestBody.Parse(bytes);
        if (json.ValueKind != JsonValueKind.Object)
            throw Wrong("The parameter 'config' must be the text of an object: a model's definition.");
        JsonObject definition;
        try
        {
            definition = JsonObject.Create(json)!;
            if (definition.Remove("name", out var given) && given?.ToString() != name)
                throw Wrong($"The name in the definition is not the model's name '{name}'.");
        }
        catch (ArgumentException exception)
        {
            throw new ServingException(ErrorCode.MalformedRequest, "The definition has a property twice.", exception);
        }

        return definition;
    }

    private static JsonElement ToElement(JsonObject definition) =>
        JsonSerializer.SerializeToElement<JsonNode>(definition);

    private static ServingException Wrong(string text) => new(ErrorCode.MalformedRequest, text);
}

/// <summary>A version in the index.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version.</param>
/// <param name="State">Whether it answers.</param>
/// <param name="Reason">Why it does not, or what it waits for.</param>
internal sealed record IndexEntry(string Name, string Version, string State, string Reason)
{
    /// <summary>The state of a version that answers, at once or after the request has loaded it.</summary>
    public const string Ready = "READY";

    /// <summary>Describes a version.</summary>
    /// <param name="version">The version.</param>
    public static IndexEntry Create(ModelVersion version)
    {
        var state = version.Current.State switch
        {
            _ when version.Current.IsServable => Ready,
            VersionState.Loading => "LOADING",
            VersionState.Draining => "UNLOADING",
            _ => "UNAVAILABLE",
        };
        return new IndexEntry(
            version.Name,
            version.Version.ToString(CultureInfo.InvariantCulture),
            state,
            version.Current.Reason ?? ""
        );
    }
}
