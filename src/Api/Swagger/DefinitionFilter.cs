using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>
/// Corrects the schemas of definitions: properties with a default are optional, the range of a list applies to its
/// elements, and a pattern applies to the whole string.
/// </summary>
internal sealed class DefinitionFilter : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { } properties } record)
            return;

        // A type with a parameterless constructor has defaults for all properties that are not marked as required.
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
