using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using ModelService.Models.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>
/// Rewrites descriptions that come from doc comments: references to C# members become JSON names, and the line breaks
/// of the source are removed.
/// </summary>
internal sealed partial class DescriptionFilter : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        foreach (var schema in swaggerDoc.Components?.Schemas?.Values ?? [])
            Rewrite(schema);
        foreach (var (_, operation) in swaggerDoc.Paths.Values.SelectMany(path => path.Operations ?? []))
            Rewrite(operation);
    }

    private static void Rewrite(OpenApiOperation operation)
    {
        operation.Summary = Rewrite(operation.Summary);
        operation.Description = Rewrite(operation.Description);
        foreach (var parameter in operation.Parameters ?? [])
            parameter.Description = Rewrite(parameter.Description);
        foreach (var (_, response) in operation.Responses ?? [])
            response.Description = Rewrite(response.Description);
    }

    private static void Rewrite(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own)
            return;
        own.Description = Rewrite(own.Description);
        foreach (var property in own.Properties?.Values ?? [])
            Rewrite(property);
    }

    private static string? Rewrite(string? description) =>
        description is null
            ? null
            : LineBreak()
                .Replace(
                    MemberReference()
                        .Replace(description, match => $"`{WireNames.Policy.ConvertName(match.Groups["name"].Value)}`"),
                    match => match.Groups["paragraph"].Success ? "\n\n" : " "
                );

    [GeneratedRegex(@"ModelService(\.\w+)*\.(?<name>\w+)")]
    private static partial Regex MemberReference();

    [GeneratedRegex(@"[ \t]*\r?\n(?<paragraph>\s*\n)?\s*")]
    private static partial Regex LineBreak();
}
