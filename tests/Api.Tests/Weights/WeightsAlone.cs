namespace ModelService.Api.Tests.Weights;

/// <summary>Tests that measure the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(WeightsAlone), DisableParallelization = true)]
public sealed class WeightsAlone;
