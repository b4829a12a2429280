using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using ModelService.Models.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Writes what our comments refer to by its name in JSON, where the generator writes C#'s.</summary>
internal sealed partial class PlainWords : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        foreach (var schema in swaggerDoc.Components?.Schemas?.Values ?? [])
            Rewrite(schema);
    }

    private static void Rewrite(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own)
            return;
        own.Description = own.Description is null
            ? null
            : Spaces()
                .Replace(
                    Reference()
                        .Replace(
                            own.Description,
                            match => $"`{WireNames.Policy.ConvertName(match.Groups["name"].Value)}`"
                        ),
                    " "
                );
        foreach (var property in own.Properties?.Values ?? [])
            Rewrite(property);
    }

    [GeneratedRegex(@"ModelService(\.\w+)*\.(?<name>\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Spaces();
}
