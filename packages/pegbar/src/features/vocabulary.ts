/**
 * Words that settle the language of a Latin-script prompt without asking the detector: English function words and the
 * everyday vocabulary of image prompts and booru tags, and function words of other languages that no English prompt has.
 */

const words = (text: string): Set<string> => new Set(text.split(/\s+/).filter(Boolean));

export const ENGLISH: ReadonlySet<string> = words(`
a an the and or of with without in on at by to from for into over under between behind near against through across around
is are was be being has have having her his their its she he they it this that these those who which while as like very
highly extremely ultra super more most no not one two three four five several many few some all other another
above below inside outside wearing holding looking standing sitting lying walking running smiling flying
fighting sleeping eating drinking reading playing dancing facing crossed open closed
girl girls boy boys woman women man men person people child lady princess queen king knight warrior witch wizard elf
angel demon vampire robot cyborg android cat dog fox wolf dragon horse bird fish monster creature animal character
hair eyes eye face hand hands arm arms leg legs feet body skin lips mouth nose ears ear tail wings horns teeth
fingers shoulder shoulders chest breasts waist hips thighs head neck back front side up down left right
long short medium large big small tiny huge tall young old new beautiful pretty cute handsome gorgeous sexy dark light
bright soft hard warm cold wet dry golden silver black white red blue green yellow pink purple brown grey gray orange
blonde colorful colourful vibrant pale shiny glowing detailed intricate elegant epic dramatic cinematic realistic
photorealistic hyperrealistic stylized abstract minimal minimalist fantasy futuristic ancient medieval gothic
dress shirt skirt pants jacket coat hat hood hoodie shoes boots gloves uniform armor armour cape robe scarf ribbon bow
glasses jewelry necklace earrings crown mask swimsuit kimono clothes clothing sleeves collar tie socks thighhighs
stockings sword gun weapon shield staff book flower flowers rose tree trees grass leaves forest mountain mountains sky
clouds cloud sun moon star stars night day sunset sunrise morning evening rain snow water ocean sea river lake beach
city street building buildings house room bedroom school classroom kitchen garden castle temple church ruins desert
space planet galaxy background foreground scene landscape scenery indoors outdoors window door wall floor bed chair table
solo smile blush portrait closeup close shot view viewer angle perspective focus blurry depth field bokeh lighting lights
shadow shadows reflection volumetric rim backlighting natural studio art artwork artist painting drawing sketch
illustration render rendering photo photograph photography picture image poster cover concept digital oil watercolor
watercolour ink pencil lineart line manga anime comic cartoon style masterpiece best quality good high low resolution
highres absurdres detail details sharp smooth award winning trending professional official texture textured pattern
composition symmetrical centered full upper lower cowboy half worst bad poorly drawn extra missing fused mutated
deformed disfigured ugly blurred cropped watermark signature text username error jpeg artifacts anatomy
proportions limbs duplicate negative ultradetailed`);

/** Function words of other languages. What is an English or a prompt word too (`die`, `pour`, `on`, `la`) is left out. */
export const FOREIGN: ReadonlySet<string> = words(`
der das und mit ein eine einer einem einen eines für auf nicht ist sind sich auch dem den im von zum zur
les une des avec dans sur aux du et est sont qui leur cheveux fille femme homme
el los las una unos unas para por que del muy chica mujer hombre pelo ojos como pero más
il gli della delle degli nel nella che sono ragazza donna uomo capelli occhi di
um uma com não dos das nos nas seu sua menina mulher homem cabelo olhos
een het van met zijn voor niet meisje vrouw och med ett som är för på flicka kvinna
jest się nie na dziewczyna kobieta ve bir ile için kız kadın dan yang dengan untuk di gadis của và một cô`);
