namespace ModelService.Models.Execution;

/// <summary>A metric with its values, as Prometheus reads it.</summary>
/// <param name="Name">The metric's name.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Help">What it counts or measures.</param>
/// <param name="Samples">The values.</param>
public sealed record MetricFamily(string Name, string Type, string Help, IReadOnlyList<MetricSample> Samples);

/// <summary>A value of a metric.</summary>
/// <param name="Suffix">What follows the metric's name, such as <c>_bucket</c>; mostly empty.</param>
/// <param name="Labels">The labels.</param>
/// <param name="Value">The value.</param>
public sealed record MetricSample(string Suffix, IReadOnlyList<(string Name, string Value)> Labels, double Value);
