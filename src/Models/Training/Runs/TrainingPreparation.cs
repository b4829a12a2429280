using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Models.Backends;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Runs;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Parameters;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Registry;
using ModelService.Models.Training.Process;
using ModelService.Models.Weights;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// Turns a client's request into a job: the request is read, the network is resolved for the classes of the data set,
/// and its weights are written into the run's folder, so that later changes of models and data sets don't matter.
/// </summary>
/// <param name="models">The models.</param>
/// <param name="datasets">The data sets.</param>
/// <param name="limits">The limits of networks.</param>
/// <param name="imaging">How pictures are decoded.</param>
/// <param name="options">The limits of trainings.</param>
internal sealed class TrainingPreparation(
    ModelCatalog models,
    DatasetCatalog datasets,
    IOptions<ArchitectureLimits> limits,
    IOptions<ImagingOptions> imaging,
    IOptions<TrainingOptions> options
)
{
    /// <summary>Reads a request.</summary>
    /// <param name="json">The request.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/> with every error.</exception>
    public TrainingDefinition Read(JsonElement json)
    {
        var errors = new DefinitionErrors();
        var definition = new StrictReader(errors, limits.Value.MaxLayers).Read<TrainingDefinition>(json, "");
        if (definition is not null)
            Check(definition, errors);
        return errors.Count == 0 ? definition! : throw errors.Exception(json);
    }

    /// <summary>Makes the job of a run.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="definition">The request.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DatasetNotFound"/>, <see cref="ErrorCode.DatasetUnsuitable"/>,
    /// <see cref="ErrorCode.LabelsUnknown"/>: several classes have the same label; or as of creating a model.
    /// </exception>
    public (TrainingJob Job, Dataset Dataset, string From) Prepare(string name, TrainingDefinition definition)
    {
        var dataset = datasets.Find(definition.Dataset, definition.Revision).OrThrow();
        var split = definition.Split ?? new SplitDefinition();
        var splits = DatasetSplits.Assign(dataset.Images, split.Seed, split.Val, split.Test);
        ThrowIfUnsuitable(dataset, splits);
        var (model, from, hasHead) = Resolve(name, definition, dataset);
        var labels = LabelMatch
            .Find(ModelReference.Parse(from).Name, model.Definition.Labels!, dataset.Classes)
            .OrThrow();
        var job = new TrainingJob
        {
            Model = model,
            Definition = definition,
            Images =
            [
                .. dataset
                    .Images.Zip(splits)
                    .Where(item => !item.First.IsPurged)
                    .Select(item => new JobImage(
                        item.First.Id,
                        labels[item.First.Label],
                        item.Second switch
                        {
                            Split.Val => ImagePart.Val,
                            Split.Test => ImagePart.Test,
                            _ => ImagePart.Train,
                        },
                        item.First.PackPath,
                        item.First.Offset,
                        item.First.Length
                    )),
            ],
            Imaging = imaging.Value,
            Device = ComputeDevice.Find(model.Definition.Device).ToString(),
            Threads = options.Value.ThreadsOrAll,
            MaxSeconds = options.Value.MaxTime.TotalSeconds,
            IsRandom = false,
            HasHead = hasHead,
        };
        return (job, dataset, from);
    }

    /// <summary>Writes the weights that a job begins with, and the job itself.</summary>
    /// <param name="job">The job.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The job as it was written.</returns>
    public async Task<TrainingJob> WriteAsync(TrainingJob job, string folder, CancellationToken cancellationToken)
    {
        using var origin = (await models.OpenOriginAsync(job.Model, cancellationToken)).OrThrow();
        return await Task.Run(
            () =>
            {
                var seed = job.Model.Definition.Seed ?? job.Definition.Seed;
                using var initial = ParameterStore.Create(job.Model.Analysis.StateDict, seed, origin.Pairs);
                Checkpoint.Write(
                    Path.Combine(folder, TrainingJob.InitialWeights),
                    initial.StateDict,
                    new Dictionary<string, string>()
                );
                var written = job with
                {
                    IsRandom = origin.Weights.State == WeightsState.Random,
                    HasHead = job.HasHead && origin.Weights.Head == HeadState.Loaded,
                };
                File.WriteAllBytes(Path.Combine(folder, TrainingJob.File), written.Write(limits.Value));
                return written;
            },
            cancellationToken
        );
    }

    private void Check(TrainingDefinition definition, DefinitionErrors errors)
    {
        var most = options.Value.MaxTime.TotalSeconds;
        if (definition.Budget?.Seconds > most)
            Fail("/budget/seconds", $"At most {most} seconds are allowed here (ModelService:Training:MaxTime).");
        if (definition.Split is { } split && split.Val + split.Test >= 1)
            Fail("/split", "The shares of 'val' and 'test' leave no image to train with: together less than 1 fits.");
        if (definition.Optimizer is { Nesterov: true } optimizer && optimizer.MomentumOrDefault == 0)
            Fail("/optimizer/nesterov", "Nesterov's momentum needs a 'momentum' above 0.");
        if (definition.From is not { } from)
            return;
        var origins = new object?[] { from.Version, from.Model, from.Base, from.Architecture };
        if (origins.Count(origin => origin is not null) != 1)
            Fail("/from", "Give exactly one of 'version', 'model', 'base' and 'architecture'.");
        if (from is { Pretrained: not null, Base: null })
            Fail("/from/pretrained", "This property needs 'base'.");

        void Fail(string pointer, string detail) => errors.Add(new ErrorDetail(pointer, detail));
    }

    private static void ThrowIfUnsuitable(Dataset dataset, IReadOnlyList<Split> splits)
    {
        var problems = DatasetChecks
            .Find(dataset, splits)
            .Where(problem => problem.Severity == ProblemSeverity.Error)
            .Select(problem => new ErrorDetail("/dataset", problem.Message))
            .ToList();
        var labels = dataset.Images.Select(image => image.Label).ToHashSet();
        var trained = dataset
            .Images.Zip(splits)
            .Where(item => item.Second == Split.Train)
            .Select(item => item.First.Label)
            .ToHashSet();
        foreach (var label in dataset.Classes.Where(label => labels.Contains(label) && !trained.Contains(label)))
        {
            problems.Add(
                new ErrorDetail("/dataset", $"No image of '{Suggestions.Shorten(label)}' is left to train with.")
            );
        }

        if (problems.Count > 0)
        {
            throw new ServingException(
                ErrorCode.DatasetUnsuitable,
                $"Nothing can be trained with revision {dataset.Revision} of '{dataset.Name}': {problems[0].Detail}",
                problems
            );
        }
    }

    // The definition of the model that the result will be a version of.
    private (ResolvedModel Model, string From, bool HasHead) Resolve(
        string name,
        TrainingDefinition definition,
        Dataset dataset
    )
    {
        var origin = definition.From ?? DefaultOrigin(name);
        var json = new JsonObject { ["name"] = name };
        var labels = dataset.Classes;
        var hasHead = false;
        string from;
        if (origin.Version is not null || origin.Model is not null)
        {
            var reference = origin.Version is { } version
                ? new ModelReference(name, version)
                : ModelReference.Parse(origin.Model!);
            var source = models.FindNetwork(reference.Name, reference.Version).OrThrow();
            var known = source.Definition.Labels;
            hasHead = known is not null && dataset.Classes.All(known.Contains);
            if (hasHead)
                labels = known!;
            else
                json["num_classes"] = labels.Count;
            json["from"] = from = reference.ToString();
        }
        else if (origin.Base is { } predefined)
        {
            json["base"] = from = predefined;
            json["num_classes"] = labels.Count;
            json["pretrained"] = origin.Pretrained ?? PretrainedWeights.Find(predefined) is { IsThere: true };
        }
        else
        {
            json["architecture"] = ArchitectureWriter.WriteRecord(origin.Architecture!);
            from = "architecture";
        }

        json["labels"] = new JsonArray([.. labels.Select(label => (JsonNode)label)]);
        if (origin.Preprocessing is { } preprocessing)
            json["preprocessing"] = new PreprocessingCodec().Write(preprocessing, canonical: false);
        try
        {
            var model = models.Resolve(JsonSerializer.SerializeToElement(json)).OrThrow();
            ThrowIfUntrainable(model);
            return (model, from, hasHead);
        }
        catch (ServingException exception) when (exception.Code == ErrorCode.DefinitionInvalid)
        {
            throw InFrom(exception, labels.Count);
        }
    }

    private TrainingOrigin DefaultOrigin(string name)
    {
        if (models.Find(name).TryGet(out var entry, out var failure))
            return new TrainingOrigin { Version = entry.Default.Version };
        if (failure.Code != ErrorCode.ModelNotFound)
            throw new ServingException(failure);
        if (PretrainedWeights.All.FirstOrDefault(weights => weights.IsThere) is { } bundled)
            return new TrainingOrigin { Base = bundled.Architecture };
        const string Detail =
            "'from' is missing: the model does not exist yet, and this server has no pretrained base. Name a 'base' "
            + "or give an 'architecture'.";
        throw new ServingException(ErrorCode.DefinitionInvalid, Detail, [new ErrorDetail("", Detail)]);
    }

    private static void ThrowIfUntrainable(ResolvedModel model)
    {
        var detail =
            model.Preprocessing is null ? $"The network takes {model.Analysis.Input}, and not photos."
            : model.Analysis.Head is null ? "The network has no layer with weights, so there is nothing to train."
            : null;
        if (detail is not null)
            throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/from", detail)]);
    }

    // The places of errors in the model's definition, as places in the request.
    private static ServingException InFrom(ServingException exception, int classes)
    {
        List<ErrorDetail> errors =
        [
            .. exception.Errors.Select(error =>
                error.Pointer.StartsWith("/labels", StringComparison.Ordinal)
                    ? new ErrorDetail("/dataset", $"The data set has {classes} classes. {error.Detail}")
                : error.Pointer.StartsWith("/from", StringComparison.Ordinal) ? error
                : new ErrorDetail($"/from{error.Pointer}", error.Detail)
            ),
        ];
        return new ServingException(
            ErrorCode.DefinitionInvalid,
            errors.Count == 0 ? exception.Message : $"At {errors[0].Pointer}: {errors[0].Detail}",
            errors
        );
    }
}
