namespace ModelService.Api.Tests.Support;

/// <summary>Tests that measure or change what belongs to the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
