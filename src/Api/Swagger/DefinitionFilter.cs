using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>Documents definitions as they are read: what has a default may be left out, ranges are those of a list's numbers, patterns are of the whole text.</summary>
internal sealed class DefinitionFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { } properties } record)
            return;

        // What is made without arguments takes its defaults from there.
        if (context.Type.GetConstructor([]) is not null)
        {
            record.Required = context
                .Type.GetProperties()
                .Where(property => property.IsDefined(typeof(RequiredMemberAttribute)))
                .Select(property =>
                    properties.Keys.Single(key =>
                        key.Replace("_", "", StringComparison.Ordinal)
                            .Equals(property.Name, StringComparison.OrdinalIgnoreCase)
                    )
                )
                .ToHashSet();
        }

        foreach (var property in properties.Values.OfType<OpenApiSchema>())
        {
            if (property.Items is OpenApiSchema items && property.Minimum is not null)
            {
                (items.Minimum, items.Maximum, property.Minimum, property.Maximum) = (
                    property.Minimum,
                    property.Maximum,
                    null,
                    null
                );
            }

            if (property.Pattern is { } pattern)
                property.Pattern = $"^({pattern})$";
        }
    }
}
