namespace ModelService.Api.Swagger;

/// <summary>Documents a body that is one file, whatever its type.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesBytesAttribute : Attribute;
