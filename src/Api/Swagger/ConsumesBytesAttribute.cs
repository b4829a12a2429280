namespace ModelService.Api.Swagger;

/// <summary>Documents a body that consists of one file of any type.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ConsumesBytesAttribute : Attribute;
