namespace ModelService.Api.Cluster;

/// <summary>
/// Marks endpoints that compute with the model of the route's <c>name</c>, in the <c>version</c> of the route if it has
/// one. Another server may answer them, one on which the model belongs.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class RunsModelAttribute : Attribute;
