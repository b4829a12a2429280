namespace ModelService.Models.Language.Predefined;

/// <summary>A family of networks, with the idea it introduced.</summary>
/// <param name="Name">The family's name, with which the names of its networks begin.</param>
/// <param name="Idea">Its idea, in two sentences.</param>
/// <param name="Paper">Where it was published.</param>
public sealed record ArchitectureFamily(string Name, string Idea, string Paper)
{
    private static readonly ArchitectureFamily[] Known =
    [
        new(
            "alexnet",
            "Showed that a deep network of convolutions, trained on GPUs with ReLU activations and dropout, is far "
                + "more accurate than hand-made features. This is torchvision's slimmer variant, for one GPU and "
                + "without local response norm.",
            "Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014, arXiv:1404.5997"
        ),
        new(
            "vgg",
            "Stacks only 3x3 convolutions: two of them have the receptive field of a 5x5 one, with fewer parameters "
                + "and one more non-linearity. Depth alone, up to 19 layers, brings the accuracy; the _bn variants "
                + "put a batch norm behind every convolution.",
            "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, "
                + "arXiv:1409.1556"
        ),
        new(
            "resnet",
            "Adds a block's input to its output, so that the block learns a difference and the gradient can bypass "
                + "it: networks of more than a hundred layers can be trained. From 50 layers on, 1x1 convolutions "
                + "narrow the channels before each 3x3 and widen them after it.",
            "He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385"
        ),
        new(
            "resnext",
            "Splits a ResNet block's 3x3 convolution into many groups, each of which sees a few channels only: more "
                + "groups (the cardinality) help more than more layers or channels of the same cost.",
            "Xie et al., Aggregated Residual Transformations for Deep Neural Networks, 2016, arXiv:1611.05431"
        ),
        new(
            "wide_resnet",
            "Doubles the channels inside of a ResNet's blocks instead of adding layers: as accurate as a much deeper "
                + "network, and faster, since wide convolutions use the processor better.",
            "Zagoruyko and Komodakis, Wide Residual Networks, 2016, arXiv:1605.07146"
        ),
        new(
            "densenet",
            "Gives each layer the outputs of all layers before it in its block, joined along the channels. Features "
                + "are used again instead of computed again, so that few channels a layer are enough.",
            "Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, 2016, "
                + "arXiv:1608.06993"
        ),
        new(
            "mnasnet",
            "Was found by a search that counted a phone's measured time as well as accuracy. It is made of "
                + "MobileNetV2's blocks, some with 5x5 windows, and differs from stage to stage; the number in the "
                + "name scales the channels.",
            "Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, 2018, arXiv:1807.11626"
        ),
        new(
            "squeezenet",
            "Squeezes the channels with 1x1 convolutions before it expands them with 1x1 and 3x3 ones side by side, "
                + "and shrinks the picture late. It reaches AlexNet's accuracy with a fiftieth of its parameters; its "
                + "head is a convolution, averaged over the picture.",
            "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size, 2016, "
                + "arXiv:1602.07360"
        ),
        new(
            "googlenet",
            "Looks at each place through windows of several sizes side by side, and joins what they see: the inception "
                + "module. 1x1 convolutions before the larger windows keep the cost low; two auxiliary classifiers, "
                + "which only training computes, bring the gradient to the early layers.",
            "Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842"
        ),
        new(
            "inception_v3",
            "Makes GoogLeNet's modules from smaller windows: two 3x3 for a 5x5, a 1x7 and a 7x1 for a 7x7. "
                + "Pictures are "
                + "shrunk by convolutions and a pool side by side; the input is 299x299.",
            "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015, arXiv:1512.00567"
        ),
        new(
            "shufflenet_v2",
            "Counts what a phone's processor waits for, not only multiplications: half of the channels pass a block "
                + "unchanged, the other half goes through three cheap convolutions, and a shuffle of the "
                + "channels mixes "
                + "both halves.",
            "Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, 2018, "
                + "arXiv:1807.11164"
        ),
        new(
            "efficientnet_v2",
            "Searches for speed of training: the early blocks use one full 3x3 convolution instead of a "
                + "depthwise and a "
                + "1x1 one, which keeps processors busier. The sizes s, m and l take larger pictures than they were "
                + "trained with at first.",
            "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021, arXiv:2104.00298"
        ),
        new(
            "efficientnet",
            "Grows depth, width and the size of the picture together, in fixed proportions, from one small "
                + "network that "
                + "a search has found: b0 to b7. Its blocks are MobileNetV2's with a gate that weighs the channels "
                + "(squeeze and excitation).",
            "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, 2019, "
                + "arXiv:1905.11946"
        ),
        new(
            "regnet",
            "Describes good networks by a rule instead of by a search: widths that grow linearly with depth, in four "
                + "stages, with grouped convolutions. RegNet Y has a gate that weighs the channels in each "
                + "block, RegNet X "
                + "has none; the name says how many million or billion multiply-accumulates it needs.",
            "Radosavovic et al., Designing Network Design Spaces, 2020, arXiv:2003.13678"
        ),
        new(
            "convnext",
            "A ResNet changed step by step towards a transformer, and still made of convolutions: patches at "
                + "the start, "
                + "7x7 depthwise convolutions, layer norm, GELU, few activations, and a small learnt factor for each "
                + "channel at the end of a block.",
            "Liu et al., A ConvNet for the 2020s, 2022, arXiv:2201.03545"
        ),
        new(
            "vit",
            "Cuts the picture into patches and treats them like the words of a sentence: in each layer, every patch "
                + "attends to all others. A class token gathers what the classifier needs; learnt vectors tell "
                + "the places.",
            "Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, 2020, "
                + "arXiv:2010.11929"
        ),
        new(
            "swin_v2",
            "Swin with three changes for large networks and pictures: the norm after each layer, attention by "
                + "the cosine "
                + "of query and key, and biases that a small network computes from the distance, so that "
                + "windows can grow.",
            "Liu et al., Swin Transformer V2: Scaling Up Capacity and Resolution, 2021, arXiv:2111.09883"
        ),
        new(
            "swin",
            "Attention within small windows, so that the cost grows with the number of pixels and not with its square. "
                + "Every second layer shifts the windows, which lets neighbours meet; between stages, four "
                + "pixels become "
                + "one, as in a network of convolutions.",
            "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, 2021, "
                + "arXiv:2103.14030"
        ),
        new(
            "maxvit",
            "Each block has three parts: a gated convolution as in EfficientNet, attention within windows, and "
                + "attention "
                + "among pixels at even distances over the whole picture. Near and far are both seen at a cost "
                + "that grows "
                + "with the number of pixels.",
            "Tu et al., MaxViT: Multi-Axis Vision Transformer, 2022, arXiv:2204.01697"
        ),
        new(
            "mobilenet_v3",
            "MobileNetV2's blocks, chosen by a search for phones and improved by hand: gates weigh the channels "
                + "in some "
                + "blocks, hardswish replaces expensive activations, and the end of the network is shortened.",
            "Howard et al., Searching for MobileNetV3, 2019, arXiv:1905.02244"
        ),
        new(
            "mobilenet",
            "Splits a convolution into a depthwise one, which filters each channel by itself, and a 1x1 one, which "
                + "mixes channels: a fraction of the cost. Version 2 widens the channels inside a block and adds the "
                + "block's narrow input to its narrow output, without an activation there, which would destroy "
                + "information.",
            "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381"
        ),
    ];

    /// <summary>The family of a predefined architecture.</summary>
    internal static ArchitectureFamily Find(string architecture) =>
        Array.Find(Known, family => architecture.StartsWith(family.Name, StringComparison.Ordinal))
        ?? throw new InvalidOperationException($"{architecture} does not belong to a known family.");
}
