using System.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Models.Access;
using ModelService.Models.Backends;
using ModelService.Models.Datasets;
using ModelService.Models.Evaluation.Runs;
using ModelService.Models.Execution;
using ModelService.Models.Explanation;
using ModelService.Models.Int8;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;
using ModelService.Models.Registry.Placement;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Runs;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Training;
using ModelService.Models.Training.Runs;
using ModelService.Models.Weights;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the model engine in a service collection.</summary>
public static class ModelsServiceCollectionExtensions
{
    /// <summary>
    /// Adds the engine to a program without HTTP: <see cref="IClassifier"/>, <see cref="ModelCatalog"/> and the rest.
    /// Networks are not probed in another process before they serve, and there is no training.
    /// </summary>
    /// <param name="services">
    /// The services of a host, with its configuration, of which the section <c>ModelService</c> has the options.
    /// </param>
    /// <returns><paramref name="services"/>, for chaining.</returns>
    public static IServiceCollection AddModels(this IServiceCollection services) =>
        services.AddModels(new ProbeCommand(null));

    /// <summary>
    /// Adds the registry, the predictor and their dependencies, with options that are validated when the server starts.
    /// </summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="probe">The command that starts this program to probe a network.</param>
    /// <returns><paramref name="services"/>, for chaining.</returns>
    public static IServiceCollection AddModels(this IServiceCollection services, ProbeCommand probe)
    {
        services.TryAddSingleton(probe);
        services.AddImaging();
        services
            .AddOptionsWithValidateOnStart<BatchingOptions, BatchingOptionsValidator>()
            .BindConfiguration(BatchingOptions.Section);
        services
            .AddOptionsWithValidateOnStart<ArchitectureLimits, ArchitectureLimitsValidator>()
            .BindConfiguration(ArchitectureLimits.Section);
        services
            .AddOptionsWithValidateOnStart<ComputeOptions, ComputeOptionsValidator>()
            .BindConfiguration(ComputeOptions.Section);
        services
            .AddOptionsWithValidateOnStart<WeightsLimits, WeightsLimitsValidator>()
            .BindConfiguration(WeightsLimits.Section);
        services
            .AddOptionsWithValidateOnStart<MemoryOptions, MemoryOptionsValidator>()
            .BindConfiguration(MemoryOptions.Section);
        services
            .AddOptionsWithValidateOnStart<RolloutOptions, RolloutOptionsValidator>()
            .BindConfiguration(RolloutOptions.Section);
        services
            .AddOptionsWithValidateOnStart<DatasetOptions, DatasetOptionsValidator>()
            .BindConfiguration(DatasetOptions.Section);
        services
            .AddOptionsWithValidateOnStart<EvaluationOptions, EvaluationOptionsValidator>()
            .BindConfiguration(EvaluationOptions.Section);
        services
            .AddOptionsWithValidateOnStart<ExplanationOptions, ExplanationOptionsValidator>()
            .BindConfiguration(ExplanationOptions.Section);
        services
            .AddOptionsWithValidateOnStart<AuditOptions, AuditOptionsValidator>()
            .BindConfiguration(AuditOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddStorage();
        services.TryAddSingleton<MemoryBudget>();
        services.TryAddSingleton<IProbeCache, StoredProbes>();
        services.TryAddSingleton<StoredVerifications>();
        services.TryAddSingleton<PlanProbe>();
        services.TryAddSingleton<DecodePool>();
        services.TryAddSingleton<InputScorer>();
        services.TryAddSingleton<SampleCheck>();
        services.TryAddSingleton<WeightsOpener>();
        services.TryAddSingleton<IModelBuilder, ModelBuilder>();
        services.TryAddSingleton<ModelRegistry>();
        services.TryAddSingleton(Create<ModelPlacement>);
        services.TryAddSingleton<VersionLoader>();
        services.TryAddSingleton<RegistrySync>();
        services.TryAddSingleton<IStoreSync>(provider => provider.GetRequiredService<RegistrySync>());
        services.TryAddSingleton(Create<ModelCatalog>);
        services.TryAddSingleton(Create<KeyCatalog>);
        services.TryAddSingleton(Create<AuditTrail>);
        services.TryAddSingleton(Create<RegistryMetrics>);
        services.TryAddKeyedSingleton(RouteBuckets.Random, Random.Shared);
        services.TryAddSingleton<RouteBuckets>();
        services.TryAddSingleton<CanaryGuard>();
        services.TryAddSingleton(Create<PredictionService>);
        services.TryAddSingleton<IClassifier, Classifier>();
        services.TryAddSingleton<ExplanationLane>();
        services.TryAddSingleton<PlanCache>();
        services.TryAddSingleton<StateDictCache>();
        services.TryAddSingleton(Create<ExplanationService>);
        services.TryAddSingleton(Create<RegistryStart>);
        services.AddHostedService(provider => provider.GetRequiredService<RegistryStart>());
        services.AddHostedService(provider => provider.GetRequiredService<RegistrySync>());
        services.AddHostedService<LastUseRecorder>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditTrail>());
        services.AddDatasets();
        services.TryAddSingleton(Create<DatasetCatalog>);
        services.AddHostedService<DatasetStart>();
        services.TryAddSingleton<EvaluationFiles>();
        services.TryAddSingleton<EvaluationScorer>();
        services.TryAddSingleton<ReportThumbnails>();
        services.TryAddSingleton<EvaluationAnalysis>();
        services.TryAddSingleton(Create<EvaluationCatalog>);
        services.AddHostedService<EvaluationRunner>();
        services
            .AddOptionsWithValidateOnStart<TrainingOptions, TrainingOptionsValidator>()
            .BindConfiguration(TrainingOptions.Section);
        services.TryAddSingleton<TrainingPreparation>();
        services.TryAddSingleton<TrainingChild>();
        services.TryAddSingleton<TrainingGate>();
        services.TryAddSingleton<JobAdoption>();
        services.TryAddSingleton<RunKind<TrainingRun>, TrainingKind>();
        services.TryAddSingleton(CreateRuns<TrainingRun>);
        services.TryAddSingleton(Create<TrainingCatalog>);
        services.TryAddSingleton(Create<TrainingMetrics>);
        services.AddHostedService<TrainingRunner>();
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TrainingOptions>>().Value.Runs);
        services.TryAddSingleton<RunKind<QuantizationRun>, QuantizationKind>();
        services.TryAddSingleton(CreateRuns<QuantizationRun>);
        services.TryAddSingleton(Create<QuantizationService>);
        services.TryAddSingleton(Create<QuantizationCatalog>);
        services.AddHostedService<QuantizationRunner>();
        return services;
    }

    private static IRunStore<TRun> CreateRuns<TRun>(IServiceProvider services)
        where TRun : Run =>
        services.GetRequiredService<IOptions<StorageOptions>>().Value.IsShared
            ? ActivatorUtilities.CreateInstance<SharedRuns<TRun>>(services)
            : ActivatorUtilities.CreateInstance<FolderRuns<TRun>>(services);

    // The container uses public constructors only; these have internal parts of the engine as parameters.
    private static T Create<T>(IServiceProvider services)
    {
        var constructor = typeof(T).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic).Single();
        return (T)
            constructor.Invoke(
                BindingFlags.DoNotWrapExceptions, // a wrong option is told as such
                binder: null,
                [.. constructor.GetParameters().Select(item => services.GetRequiredService(item.ParameterType))],
                culture: null
            );
    }
}
