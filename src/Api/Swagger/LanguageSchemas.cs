using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using ModelService.Api.Contracts;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Layers;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace ModelService.Api.Swagger;

/// <summary>OpenAPI schemas of types with their own JSON format, which the generator can't derive from C#.</summary>
internal static class LanguageSchemas
{
    /// <summary>Adds the schemas to the generator.</summary>
    public static void MapLanguage(this SwaggerGenOptions options)
    {
        options.MapType<LayerDefinition>(() =>
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "A layer or block. GET /v1/layers lists each type's parameters.",
                Required = new HashSet<string> { "type" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["type"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Enum = [.. LayerDescription.All.Select(layer => (JsonNode)layer.Type)],
                    },
                    ["name"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = "The layer's key in the state dict. The default is the layer's position.",
                    },
                },
            }
        );
        options.MapType<PreprocessingChoice>(() =>
            new OpenApiSchema
            {
                OneOf =
                [
                    new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Enum = [.. WireNames.Get(typeof(PreprocessingPreset)).Keys.Select(name => (JsonNode)name)],
                    },
                    new OpenApiSchemaReference(nameof(PreprocessingDefinition)),
                ],
            }
        );
        options.MapType<ClassReference>(() =>
            new OpenApiSchema
            {
                OneOf =
                [
                    new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" },
                    new OpenApiSchema { Type = JsonSchemaType.String },
                ],
            }
        );
        options.MapType<TensorBody>(() =>
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "One input of a model.",
                Required = new HashSet<string> { "shape", "data" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["shape"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
                        Description = "The tensor's sizes without the batch dimension, such as `[3, 32, 32]`.",
                    },
                    ["data"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema(),
                        Description =
                            "The tensor's numbers in row-major order, either flat or nested according to the shape.",
                    },
                },
                AdditionalPropertiesAllowed = false,
            }
        );
        options.MapType<TimeSpan>(() => new OpenApiSchema { Type = JsonSchemaType.String });
    }
}
