using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <content>Builds versions from their definition and the source of their weights.</content>
public sealed partial class ModelCatalog
{
    /// <summary>Opens the weights that a model begins with, without making the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The tensors, which the caller disposes; the others are random. Or as <see cref="CreateAsync"/>.
    /// </returns>
    internal Task<Outcome<OpenedWeights>> OpenOriginAsync(ResolvedModel model, CancellationToken cancellationToken) =>
        Outcome.OfAsync(() =>
        {
            var entry = new ModelEntry(model.Definition.Name, new ModelSettings());
            var version = CreateVersion(entry, 1, model, parent: null);
            return opener.OpenAsync(version, SourceOf(version, null, WeightsTerms.Default), cancellationToken);
        });

    private ModelVersion CreateVersion(
        ModelEntry entry,
        int number,
        ResolvedModel model,
        int? parent,
        TrainingLineage? training = null
    )
    {
        var from = model.Definition.From is { } text ? ModelReference.Parse(text) : (ModelReference?)null;
        if (from is { Version: null } newest)
            from = newest with { Version = registry.Find(newest.Name).OrThrow().Default.Version };

        // Samples stay in the store only.
        var withoutSamples = model.With(model.Definition with { Samples = null });
        var version = new ModelVersion(
            entry.Name,
            number,
            new VersionLineage(from?.ToString(), parent) { Training = training },
            clock.GetUtcNow(),
            VersionSnapshot.Building(withoutSamples),
            atOnce,
            entry.Metrics
        );
        loader.ThrowIfTooLarge(version);
        return version;
    }

    private WeightsSource SourceOf(ModelVersion version, WeightsUpload? upload, WeightsTerms terms)
    {
        var definition = version.Resolved.Definition;
        var bundled = definition is { Pretrained: true, Base: { } name } ? PretrainedWeights.Find(name) : null;
        if (bundled is not null && upload is not null)
        {
            const string Detail = "A weights file is sent, too: leave out either the file or this property.";
            throw new ServingException(ErrorCode.DefinitionInvalid, Detail, [new ErrorDetail("/pretrained", Detail)]);
        }

        if (upload is not null)
            return new UploadedWeights(upload, terms);
        if (bundled is not null)
            return new BundledWeights(bundled);
        if (version.Lineage?.From is not { } text)
            return new RandomWeights();
        var from = ModelReference.Parse(text);
        return new VersionWeights(registry.Find(from.Name, from.Version).OrThrow());
    }

    private Task<IReadOnlyList<SampleDefinition>> ReadSamplesAsync(
        ModelVersion version,
        CancellationToken cancellationToken
    ) => store.ReadSamplesAsync(version.Name, version.Version, version.Current.Files, cancellationToken);

    // Builds, warms up, checks and stores a version, and marks it as ready only then.
    private async Task BuildAsync(
        ModelVersion version,
        WeightsSource source,
        IReadOnlyList<SampleDefinition> samples,
        bool replaces,
        JobResult? job,
        CancellationToken cancellationToken
    )
    {
        // A full disk is known before the time of a build is spent.
        if (await store.CheckWritableAsync(version.Bytes, cancellationToken) is { } failure)
            throw new ServingException(failure);
        var reserved = await loader.ReserveAsync(version, cancellationToken);
        VersionInMemory? built = null;
        IReadOnlyDictionary<string, StoredFile> files;
        try
        {
            var network = await builder.BuildAsync(version, source, samples, cancellationToken);
            built = new VersionInMemory(network, reserved);
            var content = Describe(version, network, samples, replaces) with { Job = job };
            files = await store.PutVersionAsync(content, cancellationToken);
            network.Worker.FreeStateDict();
        }
        catch
        {
            if (built is null)
                reserved.Dispose();
            else
                await Task.Run(built.Dispose, CancellationToken.None);
            throw;
        }

        // It is removed already when the server is shutting down; it is stored, and the next start has it.
        var isReady = false;
        registry.Apply(() => isReady = version.TryMarkReady(built, files));
        if (!isReady)
            await Task.Run(built.Dispose, CancellationToken.None);
        await builder.KeepVerificationAsync(version, built.Built, files[StoredFile.Weights]);
        loader.LogIsReady(version);
    }

    private static VersionContent Describe(
        ModelVersion version,
        BuiltModel built,
        IReadOnlyList<SampleDefinition> samples,
        bool replaces
    )
    {
        var model = version.Resolved;
        var manifest = new VersionManifest
        {
            Schema =
                built.Weights.Report is { Kept.Count: > 0 } ? VersionManifest.CurrentSchema
                : version.Lineage?.Training is { Promoted: false } ? VersionManifest.SchemaWithoutKept
                : built.Samples is null ? VersionManifest.SchemaWithoutSamples
                : VersionManifest.SchemaWithoutTrainings,
            Name = version.Name,
            Version = version.Version,
            Created = version.Created,
            Lineage = version.Lineage!,
            Weights = built.Weights.State,
            RandomTensors = built.Weights.RandomTensors,
            Head = built.Weights.Head,
            Report = built.Weights.Report,
            Samples = built.Samples,
            Files = new Dictionary<string, StoredFile>(),
        };
        var weights = new SafetensorsContent(
            built.Weights.StoredTensors(model.Analysis),
            built.Worker.StateDict,
            new Dictionary<string, string> { ["format"] = "pt" }
        );
        return new VersionContent(manifest, model, weights.Parts(), samples, replaces)
        {
            OfExistingModel = replaces || version.Lineage?.Parent is not null,
        };
    }
}
